package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sparkling.pipeline.status.CheckpointStatus;
import org.jspecify.annotations.Nullable;

/**
 * How far a stage's training is; a trainer answers {@code GET /progress} with it. Readers ignore
 * keys that they do not know, so that an operator may be older than a trainer.
 *
 * @param step done, counted over the whole run
 * @param lastStep of the stage
 * @param tokens trained on, over the whole run
 * @param loss of the step's batch, in nats a token
 * @param validationLoss the newest, in nats a token
 * @param firstValidationLoss before the stage's first step: right after the expansion
 * @param firstHiddenRms then too: root mean square of the last hidden state
 * @param gradientNorm of the newest step, before clipping
 * @param modelFlopsUtilization of the newest step: FLOPs of its matrix products over those that the
 *     machine's best product of large matrices would have done meanwhile
 * @param checkpoint the newest complete one of the stage
 * @param updatedAt RFC 3339; moves with every step
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Progress(
    String stage,
    long step,
    long lastStep,
    long tokens,
    @Nullable Double loss,
    @Nullable Double validationLoss,
    @Nullable Double firstValidationLoss,
    @Nullable Double firstHiddenRms,
    @Nullable Double tokensPerSecond,
    @Nullable Double gradientNorm,
    @Nullable Double modelFlopsUtilization,
    @Nullable CheckpointStatus checkpoint,
    String updatedAt) {}
