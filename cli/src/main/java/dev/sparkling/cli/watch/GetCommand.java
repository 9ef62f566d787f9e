package dev.sparkling.cli.watch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.cli.cluster.RunStatus;
import dev.sparkling.cli.cluster.Runs;
import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.pipeline.error.UserError;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "get",
    description = "Shows the runs of a cluster, or a single run with its stages and events.",
    mixinStandardHelpOptions = true)
public final class GetCommand implements Callable<Integer> {

  private enum RunFormat {
    TABLE,
    WIDE,
    JSON,
    YAML,
    NAME
  }

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "A single run.")
  private @Nullable String name;

  @Mixin private ClusterOptions cluster;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|wide|json|yaml|name",
      description = "Output format (default: ${DEFAULT-VALUE}).",
      defaultValue = "table")
  private RunFormat format = RunFormat.TABLE;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (Runs runs = Runs.open(cluster.choice(name))) {
      switch (format) {
        case TABLE, WIDE -> printTable(runs, out);
        case JSON -> out.println(document(runs).toPrettyString());
        case YAML -> out.print(yaml(document(runs)));
        case NAME ->
            resources(runs)
                .forEach(
                    run ->
                        out.println(
                            "progressivetraining.sparkling.dev/"
                                + run.at("/metadata/name").asText()));
      }
    }
    out.flush();
    return 0;
  }

  private void printTable(Runs runs, PrintWriter out) {
    ServerTable table = runs.table();
    if (table.rows().isEmpty()) {
      requireAny(runs);
      return;
    }
    RunColumns columns = new RunColumns(table, cluster.allNamespaces(), format == RunFormat.WIDE);
    out.println(columns.header());
    table.rows().forEach(run -> out.println(columns.line(run)));
    if (name != null) {
      ServerTable.TableRow run = table.rows().getFirst();
      new RunDetails(RunStatus.of(run)).print(out);
      try {
        RunDetails.printEvents(runs.events(run), out);
      } catch (UserError e) { // a user who may read runs may lack permission to read events
        e.problems().forEach(line -> out.printf("%nno events: %s%n", line));
      }
    }
  }

  /** Handles an empty list: a message, as in kubectl, or an error if a single run was named. */
  private void requireAny(Runs runs) {
    if (name != null) {
      throw missing(name, runs.description());
    }
    PrintWriter err = spec.commandLine().getErr();
    err.println("no runs in " + runs.description());
    err.flush();
  }

  static UserError missing(String name, String place) {
    return new UserError(
        "run %s: not found in %s; 'get' lists the runs there, 'get --all-namespaces' those of all namespaces"
            .formatted(name, place));
  }

  /** Returns the resource if one was named, else a list in kubectl's format. */
  private JsonNode document(Runs runs) {
    List<JsonNode> resources = resources(runs);
    if (name != null) {
      return resources.getFirst();
    }
    ObjectNode list = new ObjectMapper().createObjectNode();
    list.put("apiVersion", "v1").putArray("items").addAll(resources);
    list.put("kind", "List").putObject("metadata").put("resourceVersion", "");
    return list;
  }

  private List<JsonNode> resources(Runs runs) {
    List<JsonNode> resources = runs.resources();
    if (name != null && resources.isEmpty()) {
      throw missing(name, runs.description());
    }
    return resources;
  }

  private static String yaml(JsonNode document) throws JsonProcessingException {
    return YAMLMapper.builder()
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .disable(YAMLGenerator.Feature.SPLIT_LINES)
        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
        .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
        .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
        .build()
        .writeValueAsString(document);
  }
}
