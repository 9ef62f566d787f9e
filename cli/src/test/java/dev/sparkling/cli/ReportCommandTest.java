package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {

  private static final Pattern DATA =
      Pattern.compile(
          "<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void aRunBecomesOnePageThatLoadsNothing() throws IOException {
    TinyRun tiny = TinyRun.prepare(folder);
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    Cli.Result result = Cli.run("report", tiny.store());
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualToIgnoringNewLines("written to " + tiny.store() + "/report.html");
    String page = Files.readString(tiny.store().resolve("report.html"));
    assertThat(page)
        .doesNotContain("{{", "src=", "href=")
        .contains("<td>narrow</td>", "<td>wide</td>", "<td>copy-copy</td>", "FLOPs saved so far")
        .contains("uPlot");
    assertThat(titles(page))
        .containsExactly(
            "Loss",
            "Learning rate of each block",
            "Gradient norm",
            "Load of the busiest expert",
            "Residual stream across the expansion into wide",
            "Matrices across the expansion into wide");
    JsonNode stream = charts(page).get(4);
    // The embedding and two layers; an expansion to twice the width leaves them where they were.
    assertThat(stream.path("x")).hasSize(3);
    for (int i = 0; i < 3; i++) {
      double before = stream.path("lines").get(0).path("y").get(i).asDouble();
      double after = stream.path("lines").get(1).path("y").get(i).asDouble();
      assertThat(after / before).isBetween(0.999, 1.001);
    }
  }

  @Test
  void aFileMayBeNamedAndTheRunStaysAsItIs() throws IOException {
    TinyRun tiny = TinyRun.prepare(folder);
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    Path page = folder.resolve("page.html");
    assertThat(Cli.run("report", tiny.store(), "--to", page).exitCode()).isZero();
    assertThat(page).isNotEmptyFile();
    assertThat(tiny.store().resolve("report.html")).doesNotExist();
  }

  @Test
  void aFolderWithoutARunIsNamedAndNothingIsWritten() {
    Cli.Result result = Cli.run("report", folder);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "URI "
                + folder
                + ": holds no stage's metrics.jsonl; name the folder of a run that has written a"
                + " checkpoint");
    assertThat(folder).isEmptyDirectory();
  }

  private static List<String> titles(String page) throws IOException {
    List<String> titles = new ArrayList<>();
    charts(page).forEach(chart -> titles.add(chart.path("title").asText()));
    return titles;
  }

  private static JsonNode charts(String page) throws IOException {
    Matcher data = DATA.matcher(page);
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1));
  }
}
