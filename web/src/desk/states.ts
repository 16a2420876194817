// Why is somebody away? The reasons there are; their words are texts.

export const REASONS = ["break", "meal", "meeting", "training", "paperwork"]
