package dev.sparkling.worker.argument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentErrorsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          width: 3 is too small             | --width: 3 is too small
          width, depth: 3 and 4 are too few | --width, --depth: 3 and 4 are too few
          width 3: is too small             | --width 3: is too small
          spec.width: 3 is too small        | spec.width: 3 is too small
          /tmp/width: does not exist        | /tmp/width: does not exist
          s3://width/run: does not exist    | s3://width/run: does not exist
          something about a width           | something about a width
          """)
  void fieldsAtTheBeginningOfALineAreRenamed(String line, String renamed) {
    assertThatThrownBy(() -> rename(new UserError(List.of(line, line))))
        .isInstanceOf(UserError.class)
        .hasMessage(renamed + "\n" + renamed);
    assertThatThrownBy(() -> rename(new TransientError(line, null)))
        .isInstanceOf(TransientError.class)
        .hasMessage(renamed);
  }

  @Test
  void damageToWhatTheUserNamedIsTheUsersError() {
    assertThatThrownBy(
            () ->
                ArgumentErrors.naming(
                    "--from",
                    () -> {
                      throw new CorruptCheckpoint("/tmp/a: SHA-256 is wrong", null);
                    }))
        .isInstanceOf(UserError.class)
        .hasMessage("--from /tmp/a: SHA-256 is wrong");
  }

  @Test
  void anErrorKeepsItsReasonUnderAnotherName() {
    UserError full = new UserError(ErrorReason.STORE_FULL, "width: why", null);
    assertThatThrownBy(() -> rename(full))
        .hasMessage("--width: why")
        .satisfies(e -> assertThat(ErrorReason.of(e)).isEqualTo(ErrorReason.STORE_FULL));
    TransientError down = TransientError.storeUnavailable("depth: why", null);
    assertThatThrownBy(() -> rename(down))
        .hasMessage("--depth: why")
        .satisfies(e -> assertThat(ErrorReason.of(e)).isEqualTo(ErrorReason.STORE_UNAVAILABLE));
  }

  private static void rename(RuntimeException error) {
    ArgumentErrors.renaming(
        name -> name.equals("width") || name.equals("depth") ? "--" + name : name,
        () -> {
          throw error;
        });
  }
}
