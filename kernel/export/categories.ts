import type { Category } from './api';

/** Numbers labels from 1: in a given order, or as they first appear. */
export class Categories {
  private readonly known = new Map<string, Category>();

  constructor(labels: readonly string[] = []) {
    for (const label of labels) this.of(label);
  }

  of(label: string): Category {
    let category = this.known.get(label);
    if (!category) this.known.set(label, (category = { id: this.known.size + 1, name: label }));
    return category;
  }

  get all(): readonly Category[] {
    return [...this.known.values()];
  }
}
