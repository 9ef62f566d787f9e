package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.ModelConfigurationJson;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader.Entry;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Sparkling checkpoint or a Hugging Face folder. Opening it checks the manifest, the
 * presence and size of every file, all headers, and that the tensors are exactly those that {@code
 * config.json} implies, with their shapes. Digests are checked while values are read.
 */
public final class CheckpointReader {

  private static final long VERIFY_BYTES = 8L << 20;

  private final ObjectStore store;
  private final String folder;
  private final Optional<Manifest> manifest;
  private final ModelConfiguration model;
  private final Map<FileKind, List<StoredObject>> files = new HashMap<>();
  private final Map<FileKind, List<PlacedTensor>> tensors = new HashMap<>();

  private CheckpointReader(ObjectStore store, String folder, Optional<Manifest> manifest) {
    this.store = store;
    this.folder = folder;
    this.manifest = manifest;
    StoredObject configuration = object(CheckpointFiles.CONFIGURATION);
    manifest.ifPresent(known -> known.files().keySet().forEach(this::object));
    this.model = ModelConfigurationJson.decode(location(configuration), bytes(configuration));
    for (FileKind kind : FileKind.values()) {
      openFiles(kind);
    }
    checkNames();
  }

  /**
   * Opens a Sparkling checkpoint.
   *
   * @param folder key of the checkpoint
   * @throws UserError if there is no manifest
   * @throws CorruptCheckpoint if the files disagree with the manifest or config.json
   */
  public static CheckpointReader open(ObjectStore store, String folder) {
    String key = folder + "/" + Manifest.NAME;
    StoredObject object =
        store
            .find(key)
            .orElseThrow(
                () ->
                    new UserError(
                        store.location(folder)
                            + ": has no "
                            + Manifest.NAME
                            + ", so it is not a complete checkpoint; "
                            + "pass the folder of a complete checkpoint, such as RUN/STAGE/checkpoints/step-00001000"));
    Manifest manifest = Manifest.decode(store.location(key), store.readAll(object));
    return new CheckpointReader(store, folder, Optional.of(manifest));
  }

  /**
   * Opens a Sparkling checkpoint or, if there is neither a manifest nor a file that only Sparkling
   * writes, a Hugging Face folder.
   */
  public static CheckpointReader openAny(ObjectStore store, String folder) {
    boolean ours =
        Checkpoints.exists(store, folder)
            || store.find(folder + "/" + CheckpointFiles.CONFIGURATION).isEmpty()
            || CheckpointFiles.hasSparklingFile(store, folder);
    return ours ? open(store, folder) : new CheckpointReader(store, folder, Optional.empty());
  }

  /** Returns the location of the checkpoint, for messages. */
  public String location() {
    return store.location(folder);
  }

  /**
   * Returns a digest that identifies the content: that of the manifest or, without one, of the
   * configuration and the files' names, sizes and versions.
   */
  public String identity() {
    StringBuilder text = new StringBuilder();
    manifest.ifPresentOrElse(
        known -> text.append(Sha256.hex(known.encode())),
        () -> {
          text.append(Sha256.hex(bytes(object(CheckpointFiles.CONFIGURATION))));
          files.values().stream()
              .flatMap(List::stream)
              .map(file -> name(file) + ' ' + file.size() + ' ' + file.version())
              .sorted()
              .forEach(line -> text.append('\n').append(line));
        });
    return Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the manifest; empty for a Hugging Face folder. */
  public Optional<Manifest> manifest() {
    return manifest;
  }

  public ModelConfiguration model() {
    return model;
  }

  /**
   * Returns the trainer state; empty for a Hugging Face folder and for a checkpoint widened from
   * one.
   */
  public Optional<TrainerState> state() {
    if (!hasState()) {
      return Optional.empty();
    }
    StoredObject object = object(TrainerState.NAME);
    TrainerState state = TrainerState.decode(location(object), bytes(object));
    Widths widths = new Widths(model.hiddenSize(), model.innerSize());
    if (!state.widths().equals(widths)) {
      throw new CorruptCheckpoint(
          "%s: the last recorded widths are %s, but %s has %s"
              .formatted(location(object), state.widths(), CheckpointFiles.CONFIGURATION, widths));
    }
    return Optional.of(state);
  }

  /**
   * Returns the tensors of a kind, in file order, by offset; a Hugging Face folder has no moments.
   */
  public List<TensorSpec> tensors(FileKind kind) {
    return stored(kind).stream().map(PlacedTensor::tensor).toList();
  }

  /** Reads the values of all tensors of a kind; each file's digest is checked at its end. */
  public TensorSequence read(FileKind kind) {
    List<StoredObject> kindFiles = files.getOrDefault(kind, List.of());
    List<Optional<String>> digests = new ArrayList<>();
    for (StoredObject file : kindFiles) {
      digests.add(digest(name(file)).map(FileDigest::sha256));
    }
    return new StoredTensors(store, kindFiles, digests, stored(kind));
  }

  /** Returns the files of a kind, for callers that read them in an order of their own. */
  public List<TensorFile> files(FileKind kind) {
    List<TensorFile> all = new ArrayList<>();
    List<StoredObject> kindFiles = files.getOrDefault(kind, List.of());
    for (int i = 0; i < kindFiles.size(); i++) {
      int file = i;
      StoredObject object = kindFiles.get(i);
      all.add(
          new TensorFile(
              object,
              digest(name(object)).map(FileDigest::sha256),
              stored(kind).stream().filter(tensor -> tensor.file() == file).toList()));
    }
    return all;
  }

  /** Checks a digest that a caller of {@link #files} has computed. */
  public void checkDigest(TensorFile file, String sha256) {
    checkDigest(location(file.object()), file.sha256().orElse(null), sha256);
  }

  /** Reads every file in the manifest and checks its digest. */
  public void verify() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(VERIFY_BYTES);
      for (String name : manifest.map(known -> known.files().keySet()).orElse(Set.of())) {
        StoredObject file = object(name);
        Sha256 sha = new Sha256();
        for (long done = 0; done < file.size(); done += buffer.byteSize()) {
          MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), file.size() - done));
          store.read(file, done, part);
          sha.update(part);
        }
        checkDigest(location(file), digest(name).map(FileDigest::sha256).orElse(null), sha.hex());
      }
    }
  }

  private boolean hasState() {
    return digest(TrainerState.NAME).isPresent();
  }

  private List<PlacedTensor> stored(FileKind kind) {
    return tensors.getOrDefault(kind, List.of());
  }

  private void openFiles(FileKind kind) {
    List<StoredObject> kindFiles = new ArrayList<>();
    if (manifest.isPresent()) {
      for (String name : manifest.get().files().keySet()) {
        if (kind.matches(name)) {
          kindFiles.add(object(name));
        }
      }
    } else if (kind == FileKind.MODEL) {
      store.list(folder + "/").stream()
          .filter(object -> kind.matches(name(object)))
          .forEach(kindFiles::add);
    }
    List<PlacedTensor> kindTensors = new ArrayList<>();
    for (int i = 0; i < kindFiles.size(); i++) {
      for (Entry entry : SafetensorsReader.readHeader(store, kindFiles.get(i)).entries()) {
        kindTensors.addAll(FusedExperts.split(model, i, entry));
      }
    }
    files.put(kind, kindFiles);
    tensors.put(kind, kindTensors);
  }

  private void checkNames() {
    Map<String, List<Long>> weights = new HashMap<>();
    Map<String, List<Long>> moments = new HashMap<>();
    Collection<CatalogueTensor> catalogue = TensorCatalogue.of(model).tensors().values();
    OptimizerType optimizer = optimizer(catalogue);
    for (CatalogueTensor tensor : catalogue) {
      weights.put(tensor.name(), tensor.shape());
      for (Moment moment : Moment.of(optimizer, tensor.role())) {
        moments.put(moment.of(tensor.name()), tensor.shape());
      }
    }
    if (manifest.isEmpty() && model.tiedEmbeddings()) {
      // Some exporters write the tied head although it is the embedding.
      stored(FileKind.MODEL).removeIf(at -> at.tensor().name().equals("lm_head.weight"));
    }
    check(FileKind.MODEL, weights);
    if (manifest.isPresent()) {
      check(FileKind.OPTIMIZER, hasState() ? moments : Map.of());
    }
  }

  /**
   * Finds the optimizer of the checkpoint: the one that most of the stored state tensors belong to.
   */
  private OptimizerType optimizer(Collection<CatalogueTensor> catalogue) {
    Set<String> stored =
        stored(FileKind.OPTIMIZER).stream()
            .map(placed -> placed.tensor().name())
            .collect(Collectors.toUnmodifiableSet());
    return Stream.of(OptimizerType.values())
        .max(
            Comparator.comparingLong(
                type ->
                    catalogue.stream()
                        .flatMap(
                            tensor ->
                                Moment.of(type, tensor.role()).stream()
                                    .map(moment -> moment.of(tensor.name())))
                        .filter(stored::contains)
                        .count()))
        .orElseThrow();
  }

  private void check(FileKind kind, Map<String, List<Long>> expected) {
    Map<String, List<Long>> missing = new HashMap<>(expected);
    for (PlacedTensor placed : stored(kind)) {
      TensorSpec tensor = placed.tensor();
      List<Long> shape = missing.remove(tensor.name());
      String file = location(files.getOrDefault(kind, List.of()).get(placed.file()));
      if (shape == null) {
        boolean isDuplicate = expected.containsKey(tensor.name());
        throw new CorruptCheckpoint(
            file
                + ": "
                + tensor.name()
                + (isDuplicate ? " appears twice" : " is not a tensor of this model"));
      }
      if (!shape.equals(tensor.shape())) {
        throw new CorruptCheckpoint(
            file
                + ": "
                + tensor.name()
                + " has shape "
                + tensor.shape()
                + "; config.json implies "
                + shape);
      }
    }
    if (!missing.isEmpty()) {
      throw new CorruptCheckpoint(
          location()
              + ": "
              + missing.size()
              + " tensors are missing, among them "
              + missing.keySet().stream().sorted().findFirst().orElseThrow());
    }
  }

  /** Finds a file, which must exist with the size in the manifest. */
  private StoredObject object(String name) {
    String key = folder + "/" + name;
    if (manifest.isEmpty()) {
      return store.get(key);
    }
    FileDigest digest =
        digest(name)
            .orElseThrow(
                () -> new CorruptCheckpoint(location() + ": the manifest does not name " + name));
    StoredObject object =
        store
            .find(key)
            .orElseThrow(
                () ->
                    new CorruptCheckpoint(
                        store.location(key) + ": is missing; the manifest names it"));
    if (object.size() != digest.size()) {
      throw new CorruptCheckpoint(
          store.location(key)
              + ": has "
              + object.size()
              + " bytes; the manifest says "
              + digest.size());
    }
    return object;
  }

  /** Reads a small file and checks its digest. */
  private byte[] bytes(StoredObject object) {
    byte[] bytes = store.readAll(object);
    digest(name(object))
        .ifPresent(digest -> checkDigest(location(object), digest.sha256(), Sha256.hex(bytes)));
    return bytes;
  }

  static void checkDigest(String location, @Nullable String expected, String actual) {
    if (expected != null && !expected.equals(actual)) {
      throw new CorruptCheckpoint(
          location + ": SHA-256 is " + actual + "; the manifest says " + expected);
    }
  }

  private Optional<FileDigest> digest(String name) {
    return manifest.map(known -> known.files().get(name));
  }

  private String name(StoredObject object) {
    return object.key().substring(folder.length() + 1);
  }

  private String location(StoredObject object) {
    return store.location(object.key());
  }
}
