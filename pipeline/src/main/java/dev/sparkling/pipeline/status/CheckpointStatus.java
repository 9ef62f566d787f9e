package dev.sparkling.pipeline.status;

/** The newest complete checkpoint of a stage; {@code time} is RFC 3339. */
public record CheckpointStatus(String uri, long step, String time) {}
