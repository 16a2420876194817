// Which figures stand in the table? The others are shown when a queue is opened.

export const COLUMNS = ["offered", "answered", "abandoned", "service_level", "abandon_rate", "asa", "wait_p90", "longest_wait"] as const
