// Pieces of a world along x: built ahead, taken away behind, at most one per picture.

import type { Group, Scene } from "three";

export interface Piece {
  group: Group;
  // Called when the piece becomes the one that starts at index * length.
  fill(index: number): void;
}

export class Conveyor {
  private readonly pieces = new Map<number, Piece>();
  private readonly spare: Piece[] = [];

  constructor(
    private readonly scene: Scene | Group,
    private readonly length_m: number,
    private readonly make: () => Piece,
  ) {}

  // Keeps the pieces from one place to another; builds all of them when none is there yet.
  keep(from_m: number, to_m: number): void {
    const first = Math.floor(from_m / this.length_m);
    const last = Math.floor(to_m / this.length_m);
    for (const [index, piece] of this.pieces) {
      if (index < first || index > last) {
        this.pieces.delete(index);
        piece.group.visible = false;
        this.spare.push(piece);
      }
    }
    const isFirst = this.pieces.size === 0;
    for (let index = first; index <= last; index += 1) {
      if (!this.pieces.has(index)) {
        this.place(index);
        if (!isFirst) {
          return;
        }
      }
    }
  }

  // Builds those anew that reach from one place to another, where something has changed.
  refill(from_m: number, to_m: number): void {
    for (const [index, piece] of this.pieces) {
      if (to_m > index * this.length_m && from_m < (index + 1) * this.length_m) {
        piece.fill(index);
      }
    }
  }

  private place(index: number): void {
    let piece = this.spare.pop();
    if (piece === undefined) {
      piece = this.make();
      this.scene.add(piece.group);
    }
    piece.group.position.x = index * this.length_m;
    piece.group.visible = true;
    piece.fill(index);
    this.pieces.set(index, piece);
  }
}
