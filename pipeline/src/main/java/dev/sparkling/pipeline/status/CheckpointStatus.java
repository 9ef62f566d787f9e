package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** The newest complete checkpoint of a stage; {@code time} is RFC 3339. */
public record CheckpointStatus(
    @JsonPropertyDescription("Location of the checkpoint.") String uri,
    @JsonPropertyDescription("Step after which it was written, counted over the whole run.")
        long step,
    @JsonPropertyDescription("Time at which it was completed, in RFC 3339.") String time) {}
