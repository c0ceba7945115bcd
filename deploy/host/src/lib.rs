//! The world behind the engine: upstream client, threads, clock, logs.
