package dev.sparkling.cli.watch;

/** Statuses of runs as the operator writes them, in YAML. */
final class ClusterStatuses {

  static final String PENDING =
      """
      phase: Pending
      currentStage: narrow
      summary: {step: 0/400, progress: 0%, saved: 29%}
      conditions:
      - {type: Ready, status: "False", reason: ImagePullBackOff, message: 'no such image: nowhere/trainer', lastTransitionTime: "2026-01-01T00:00:00Z"}
      - {type: Progressing, status: "False", reason: ImagePullBackOff, message: 'no such image: nowhere/trainer', lastTransitionTime: "2026-01-01T00:00:00Z"}
      - {type: Failed, status: "False", reason: NotFailed, message: no stage has failed, lastTransitionTime: "2026-01-01T00:00:00Z"}
      stages:
      - {name: narrow, state: Training, step: 0, tokens: 0, attempts: 0, disruptions: 0, waitingReason: ImagePullBackOff}
      - {name: wide, state: Pending, step: 0, tokens: 0, attempts: 0, disruptions: 0}
      """;

  static final String TRAINING =
      """
      phase: Training
      currentStage: narrow
      summary: {step: 100/400, progress: 25%, loss: "5.157", tokensPerSecond: 5.4k, saved: 29%, eta: 2m0s}
      stages:
      - {name: narrow, state: Training, step: 100, tokens: 51200, loss: 5.157, attempts: 0, disruptions: 0}
      """;

  static final String SUCCEEDED =
      """
      phase: Succeeded
      currentStage: wide
      summary: {step: 400/400, progress: 100%, loss: "3.911", saved: 29%}
      somethingNewer: 1
      conditions:
      - {type: Ready, status: "True", reason: Succeeded, message: all stages are complete, lastTransitionTime: "2026-01-01T00:00:00Z"}
      stages:
      - name: narrow
        state: Succeeded
        step: 200
        tokens: 102400
        loss: 4.30123
        validationLoss: 4.2
        attempts: 0
        disruptions: 1
        checkpoint: {uri: 's3://sparkling/demo/narrow/checkpoints/step-00000200', step: 200, time: "2026-01-01T00:00:00Z"}
      - name: wide
        state: Succeeded
        step: 400
        tokens: 204800
        loss: 3.911
        attempts: 1
        disruptions: 0
        expansion: {rmsBefore: 1.25, rmsAfter: 1.5, lossBefore: 4.2, lossAfter: 4.2001, seconds: 1.52, bytes: 1048576}
      """;

  static final String FAILED =
      """
      phase: Failed
      currentStage: narrow
      summary: {step: 100/400, progress: 25%, saved: 29%}
      conditions:
      - {type: Ready, status: "False", reason: CorruptCheckpoint, message: m, lastTransitionTime: "2026-01-01T00:00:00Z"}
      - {type: Failed, status: "True", reason: CorruptCheckpoint, message: "stage narrow: a digest is wrong\\nand another", lastTransitionTime: "2026-01-01T00:00:00Z"}
      stages:
      - {name: narrow, state: Failed, step: 100, tokens: 51200, attempts: 0, disruptions: 0}
      """;

  private ClusterStatuses() {}
}
