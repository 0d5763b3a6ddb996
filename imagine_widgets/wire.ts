// What every widget and its kernel say to one another: classes, failures, edits that were refused.

export interface Class {
  title: string;
  background: string;
  key?: string | null;
  parents?: string[];
}

export interface Failure {
  sentence: string;
  detail: string;
}

/** Why the kernel could not write an edit now. */
export interface Refusal {
  batch: string;
  why: string;
}
