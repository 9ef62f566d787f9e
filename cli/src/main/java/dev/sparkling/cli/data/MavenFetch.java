package dev.sparkling.cli.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.cli.data.DatasetRecipe.MavenSource;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Fetches sources jars in one call of the user's Maven, with its settings, mirrors and local
 * repository, and verifies their SHA-256.
 */
final class MavenFetch {

  private static final String DEPENDENCY_PLUGIN_VERSION = "3.8.1";

  private static final long POLL_MILLIS = 200;

  private MavenFetch() {}

  /**
   * Fetches the jars.
   *
   * @param folder folder to copy them to
   * @param recipe recipe that lists them, for messages
   * @return the files in the order of the list; empty if a stop was requested before that
   */
  static Optional<List<Path>> fetch(
      List<MavenSource> sources, Path folder, Path recipe, BooleanSupplier stopRequested) {
    try {
      Files.createDirectories(folder);
      Path pom = folder.resolve("pom.xml");
      Files.writeString(pom, pom(sources, folder));
      if (!runMaven(pom, folder.resolve("maven.log"), stopRequested)) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw FileErrors.translate(folder, e);
    }
    List<Path> jars = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      MavenSource source = sources.get(i);
      Path jar = folder.resolve(fileName(source));
      String sha256 = digest(jar);
      if (!sha256.equals(source.sha256())) {
        problems.add(
            "%s: mavenSources[%d]: SHA-256 of %s is %s; the recipe says %s"
                .formatted(recipe, i, source.artifact(), sha256, source.sha256()));
      }
      jars.add(jar);
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
    return Optional.of(jars);
  }

  /** Runs Maven; returns false if a stop was requested, in which case Maven is killed. */
  private static boolean runMaven(Path pom, Path log, BooleanSupplier stopRequested)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                "mvn",
                "--batch-mode",
                "--quiet",
                "--file",
                pom.toString(),
                "org.apache.maven.plugins:maven-dependency-plugin:"
                    + DEPENDENCY_PLUGIN_VERSION
                    + ":copy")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Process maven;
    try {
      maven = builder.start();
    } catch (IOException e) {
      throw new UserError("mvn: cannot be started; fetching sources needs Maven on the PATH", e);
    }
    try {
      while (!maven.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (stopRequested.getAsBoolean()) {
          maven.destroy();
          maven.waitFor();
          return false;
        }
      }
    } catch (InterruptedException e) {
      maven.destroy();
      Thread.currentThread().interrupt();
      throw new TransientError("mvn: interrupted", e);
    }
    if (maven.exitValue() != 0) {
      String errors =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("[ERROR]"))
              .limit(3)
              .collect(Collectors.joining(" "));
      throw new TransientError("mvn: fetching the recipe's sources failed: " + errors, null);
    }
    return true;
  }

  private static String digest(Path jar) {
    try {
      return Sha256.hex(Files.readAllBytes(jar));
    } catch (IOException e) {
      throw FileErrors.translate(jar, e);
    }
  }

  private static String fileName(MavenSource source) {
    String[] parts = coordinates(source);
    return parts[1] + "-" + parts[2] + "-sources.jar";
  }

  private static String[] coordinates(MavenSource source) {
    return source.artifact().split(":", -1);
  }

  private static String pom(List<MavenSource> sources, Path folder) {
    StringBuilder items = new StringBuilder();
    for (MavenSource source : sources) {
      String[] parts = coordinates(source);
      items.append(
          """
                    <artifactItem>
                      <groupId>%s</groupId>
                      <artifactId>%s</artifactId>
                      <version>%s</version>
                      <classifier>sources</classifier>
                    </artifactItem>
          """
              .formatted((Object[]) parts));
    }
    return """
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion>
      <groupId>dev.sparkling</groupId>
      <artifactId>dataset-recipe</artifactId>
      <version>1</version>
      <packaging>pom</packaging>
      <build>
        <plugins>
          <plugin>
            <groupId>org.apache.maven.plugins</groupId>
            <artifactId>maven-dependency-plugin</artifactId>
            <version>%s</version>
            <configuration>
              <outputDirectory>%s</outputDirectory>
              <artifactItems>
    %s          </artifactItems>
            </configuration>
          </plugin>
        </plugins>
      </build>
    </project>
    """
        .formatted(DEPENDENCY_PLUGIN_VERSION, folder.toAbsolutePath(), items);
  }
}
