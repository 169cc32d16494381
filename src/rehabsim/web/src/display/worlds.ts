// Which picture belongs to which scenario; each is fetched only when it is needed.

import type { World } from "./world";

export const NEUTRAL = "";

export async function loadWorld(scenario: string, isCalm: boolean): Promise<World> {
  switch (scenario) {
    case "boat":
      return new (await import("./scenes/boat")).Boat();
    case "hike":
      return new (await import("./scenes/hike")).Hike(isCalm);
    case "drive":
      return new (await import("./scenes/drive")).Drive();
    case "balance":
      return new (await import("./scenes/balance")).Balance();
    default:
      return new (await import("./scenes/grid")).Grid();
  }
}
