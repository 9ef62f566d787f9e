package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command, on real text from Maven; takes some minutes. */
class QuickstartE2E {

  private static final Path FILE =
      Path.of("../examples/quickstart.yaml").toAbsolutePath().normalize();

  /** It takes three minutes alone on two cores, and six beside the system tests. */
  private static final Duration TIMEOUT = Duration.ofMinutes(25);

  @TempDir private Path folder;

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void quickstartShowsWhatTheReadmePromises() throws InterruptedException {
    Cli.Result result = SparklingProcess.start(folder, Map.of(), "run", FILE).await(TIMEOUT);
    assertThat(result.exitCode()).as(result.err()).isZero();
    System.out.println(result.out().substring(result.out().indexOf("\nSTAGE ")));

    double narrowStart = loss(result, "narrow +at the start");
    double narrowEnd = loss(result, "narrow +at the end");
    double wideStart = loss(result, "wide +after the expansion");
    double wideEnd = loss(result, "wide +at the end");
    double control = loss(result, "control +at the end");
    double unigram = loss(result, "unigram entropy");
    assertThat(narrowEnd).isLessThan(0.75 * narrowStart);
    assertThat(wideStart).isCloseTo(narrowEnd, within(0.02 * narrowEnd));
    assertThat(wideEnd).isLessThan(0.95 * wideStart);
    assertThat(wideEnd).as("against the narrow model, trained as long").isLessThan(control);
    assertThat(wideEnd).isLessThan(0.75 * unigram);

    Cli.Result again = SparklingProcess.start(folder, Map.of(), "run", FILE).await();
    assertThat(again.out()).contains("quickstart is already complete");
  }

  private static double loss(Cli.Result result, String row) {
    return Pattern.compile(row + " +(?:\\d+ +)?(\\d\\.\\d{4})")
        .matcher(result.out())
        .results()
        .findFirst()
        .map((MatchResult match) -> Double.parseDouble(match.group(1)))
        .orElseThrow(() -> new AssertionError("no row '" + row + "' in\n" + result.out()));
  }
}
