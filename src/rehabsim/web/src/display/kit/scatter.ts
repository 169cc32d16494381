// Many copies of one thing.

import {
  type BufferGeometry,
  InstancedMesh,
  type Material,
  Matrix4,
  Quaternion,
  Vector3,
  Color,
} from "three";

const UP = new Vector3(0, 0, 1);
const place = new Vector3();
const size = new Vector3();
const turn = new Quaternion();
const matrix = new Matrix4();
const tone = new Color();

export class Copies {
  readonly mesh: InstancedMesh;
  private count = 0;

  constructor(
    geometry: BufferGeometry,
    material: Material,
    private readonly capacity: number,
  ) {
    this.mesh = new InstancedMesh(geometry, material, capacity);
    this.mesh.count = 0;
    // The paint may bend them to elsewhere than three believes.
    this.mesh.frustumCulled = false;
  }

  begin(): void {
    this.count = 0;
  }

  put(
    x_m: number,
    y_m: number,
    z_m: number,
    scale: number,
    yaw_rad: number,
    brightness: number,
  ): void {
    if (this.count >= this.capacity) {
      return;
    }
    matrix.compose(
      place.set(x_m, y_m, z_m),
      turn.setFromAxisAngle(UP, yaw_rad),
      size.setScalar(scale),
    );
    this.mesh.setMatrixAt(this.count, matrix);
    this.mesh.setColorAt(this.count, tone.setScalar(brightness));
    this.count += 1;
  }

  end(): void {
    this.mesh.count = this.count;
    this.mesh.instanceMatrix.needsUpdate = true;
    if (this.mesh.instanceColor !== null) {
      this.mesh.instanceColor.needsUpdate = true;
    }
  }
}
