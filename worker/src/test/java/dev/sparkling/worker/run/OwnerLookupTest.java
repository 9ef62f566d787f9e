package dev.sparkling.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerLookupTest {

  private static final JobDocument JOB =
      new JobDocument(
          JobDocument.VERSION, Work.TRAIN, "pilot", "narrow", ProgressiveTrainingSpec.EMPTY);
  private static final StoreUri BUCKET = new StoreUri.Bucket("bucket", "run");

  @TempDir private Path folder;

  @Test
  void jobBelongsToTheResourceThatTheOperatorNames() {
    assertThat(OwnerLookup.ofJob(BUCKET, JOB, Map.of(OwnerLookup.VARIABLE, "c1/team/pilot")))
        .isEqualTo(RunOwner.ofResource("c1", "team", "pilot"));
    assertThat(OwnerLookup.ofJob(BUCKET, JOB, Map.of()).id()).isEqualTo("job/pilot");
  }

  @Test
  void localRunInABucketBelongsToTheSameUserEachTime() {
    Map<String, String> environment = Map.of("XDG_STATE_HOME", folder.toString());
    RunOwner first = OwnerLookup.ofLocalRun(BUCKET, environment);
    assertThat(first.id()).matches("user/[0-9a-f-]{36}");
    assertThat(first.name()).startsWith(System.getProperty("user.name") + " on ");
    assertThat(OwnerLookup.ofLocalRun(BUCKET, environment)).isEqualTo(first);
    Map<String, String> other = Map.of("XDG_STATE_HOME", folder.resolve("other").toString());
    assertThat(OwnerLookup.ofLocalRun(BUCKET, other).id()).isNotEqualTo(first.id());
  }

  @Test
  void runInAFolderBelongsToWhoeverMayWriteThere() {
    StoreUri run = new StoreUri.Folder(folder);
    assertThat(OwnerLookup.ofJob(run, JOB, Map.of())).isEqualTo(RunOwner.ofFolder());
    assertThat(OwnerLookup.ofLocalRun(run, Map.of())).isEqualTo(RunOwner.ofFolder());
  }

  @Test
  void variableThatNamesNoOwnerIsTheUsersError() {
    assertThatThrownBy(() -> OwnerLookup.ofJob(BUCKET, JOB, Map.of(OwnerLookup.VARIABLE, "pilot")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "SPARKLING_OWNER: 'pilot' does not name an owner; allowed: CLUSTER/NAMESPACE/NAME");
  }
}
