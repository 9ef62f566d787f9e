package dev.sparkling.worker.inspect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.argument.CheckpointArgument;
import dev.sparkling.worker.argument.OutputOption;
import dev.sparkling.worker.text.Format;
import dev.sparkling.worker.text.TextTable;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "inspect",
    description = "Shows the contents of a checkpoint, a safetensors file or a run's folder.",
    mixinStandardHelpOptions = true)
public final class InspectCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "URI",
      description =
          "A checkpoint, a Hugging Face folder, a safetensors file, or the folder of a run, whose"
              + " settings are shown.")
  private String uri;

  @Option(
      names = "--verify",
      description = "Read every byte and compare it with the manifest's digests.")
  private boolean verify;

  @Option(names = "--tensors", description = "List every tensor.")
  private boolean tensors;

  @Mixin private OutputOption output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (CheckpointArgument argument = CheckpointArgument.openExisting("URI", uri)) {
      ObjectStore store = argument.store();
      Optional<StoredObject> file = store.find(argument.at().folder());
      Optional<StoredObject> settings = store.find(argument.at().key(RunLayout.SETTINGS));
      if (file.isPresent()) {
        SafetensorsHeader header =
            ArgumentErrors.naming(
                argument.name(), () -> SafetensorsReader.readHeader(store, file.get()));
        requireManifest("a single file");
        show(header, out);
      } else if (settings.isPresent()) {
        requireManifest("the folder of a run");
        show(argument, settings.get(), out);
      } else {
        show(argument.reader(), out);
      }
    }
    out.flush();
    return 0;
  }

  private void requireManifest(String found) {
    if (verify) {
      throw new UserError(
          "--verify: %s is %s, which has no manifest to compare with; name a checkpoint's folder"
              .formatted(uri, found));
    }
  }

  private void show(SafetensorsHeader header, PrintWriter out) {
    if (output.isJson()) {
      out.println(json(uri, header).toPrettyString());
    } else {
      printTensors(header.tensors(), Map.of(), out);
    }
  }

  /** Shows the settings of a run. */
  private void show(CheckpointArgument run, StoredObject file, PrintWriter out) {
    ObjectNode settings =
        ArgumentErrors.naming(
            run.name(),
            () ->
                FormatJson.decode(
                    run.store().location(file.key()), run.store().readAll(file), ObjectNode.class));
    if (output.isJson()) {
      ObjectNode root = new ObjectMapper().createObjectNode();
      root.put("location", run.at().toString()).set("settings", settings);
      out.println(root.toPrettyString());
    } else {
      out.println(run.at().toString());
      out.println("settings that the run was started with:");
      out.println(settings.toPrettyString());
    }
  }

  private void show(CheckpointReader reader, PrintWriter out) {
    if (verify) {
      ArgumentErrors.naming(
          "URI",
          () -> {
            reader.verify();
            return true;
          });
    }
    if (output.isJson()) {
      out.println(json(reader).toPrettyString());
    } else {
      print(reader, out);
    }
  }

  private void print(CheckpointReader reader, PrintWriter out) {
    ModelConfiguration model = reader.model();
    out.println(reader.location());
    out.printf(
        "shape       %s, %d layers, hidden %d, inner %d, %d query and %d key/value heads of %d,"
            + " vocabulary %d, %s head%n",
        switch (model.mlp()) {
          case DenseShape _ -> "dense";
          case ExpertsShape shape ->
              shape.experts() + " experts, " + shape.expertsPerToken() + " per token";
        },
        model.layers(),
        model.hiddenSize(),
        model.innerSize(),
        model.attentionHeads(),
        model.keyValueHeads(),
        model.headDim(),
        model.vocabularySize(),
        model.tiedEmbeddings() ? "tied" : "untied");
    if (model.logitScale() != 1) {
      out.printf(
          "            logits times %s, which transformers ignores: export before loading it there%n",
          model.logitScale());
    }
    for (FileKind kind : FileKind.values()) {
      List<TensorSpec> all = reader.tensors(kind);
      out.printf(
          "%-11s %d tensors, %s elements, %s%n",
          kind.name().toLowerCase(Locale.ROOT),
          all.size(),
          Format.count(all.stream().mapToLong(TensorSpec::elements).sum()),
          Format.bytes(all.stream().mapToLong(TensorSpec::bytes).sum()));
    }
    reader.state().ifPresent(state -> print(state, out));
    if (reader.manifest().isEmpty()) {
      out.println("manifest    none: a Hugging Face folder, not a Sparkling checkpoint");
    } else {
      out.println(
          "manifest    "
              + reader.manifest().get().files().size()
              + " files, "
              + (verify ? "all digests match" : "digests not checked (--verify)"));
    }
    if (tensors) {
      for (FileKind kind : FileKind.values()) {
        printTensors(reader.tensors(kind), TensorCatalogue.of(model).tensors(), out);
      }
    }
  }

  private static void print(TrainerState state, PrintWriter out) {
    out.printf(
        "trained     %d steps, %s tokens, seed %d, %d threads%n",
        state.step(), Format.count(state.tokens()), state.seed(), state.threads());
    out.printf("data        %s%n", state.dataFingerprint());
    out.printf("tokenizer   %s%n", state.tokenizerFingerprint());
    state
        .expansions()
        .forEach(
            done ->
                out.printf(
                    "expansion   after step %d to hidden %d, inner %d; re-warm-up to %s times the"
                        + " rate over %d steps%n",
                    done.step(),
                    done.widths().hiddenSize(),
                    done.widths().innerSize(),
                    done.rewarmupRatio(),
                    done.rewarmupSteps()));
  }

  private static void printTensors(
      List<TensorSpec> all, Map<String, CatalogueTensor> catalogue, PrintWriter out) {
    TextTable table = new TextTable("TENSOR", "DTYPE", "SHAPE", "AXES");
    for (TensorSpec tensor : all) {
      CatalogueTensor known = catalogue.get(tensor.name());
      table.add(
          tensor.name(),
          tensor.dtype().name(),
          tensor.shape().toString(),
          known == null
              ? ""
              : known.axes().stream()
                  .map(axis -> axis.name().toLowerCase(Locale.ROOT))
                  .collect(Collectors.joining(", ")));
    }
    table.lines().forEach(out::println);
  }

  private static ObjectNode json(String location, SafetensorsHeader header) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("location", location);
    ArrayNode tensors = root.putArray("tensors");
    for (TensorSpec tensor : header.tensors()) {
      ObjectNode one = tensors.addObject();
      one.put("name", tensor.name());
      one.put("dtype", tensor.dtype().name());
      tensor.shape().forEach(one.withArray("shape")::add);
    }
    return root;
  }

  private static ObjectNode json(CheckpointReader reader) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("location", reader.location());
    root.set("model", mapper.valueToTree(reader.model()));
    reader.state().ifPresent(state -> root.set("state", mapper.valueToTree(state)));
    reader.manifest().ifPresent(manifest -> root.set("manifest", mapper.valueToTree(manifest)));
    return root;
  }
}
