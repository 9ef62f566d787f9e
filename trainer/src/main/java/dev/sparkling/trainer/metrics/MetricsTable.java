package dev.sparkling.trainer.metrics;

import dev.sparkling.checkpoint.format.Metrics;
import dev.sparkling.checkpoint.format.Metrics.Evaluation;
import dev.sparkling.checkpoint.format.Metrics.Router;
import dev.sparkling.checkpoint.format.Metrics.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * {@code metrics.arrow}: one row for each step, and for the evaluation before the stage's first.
 * The columns bear the names of {@code metrics.jsonl} and are null where nothing was measured;
 * those of the routers hold one number for each layer of experts.
 */
final class MetricsTable {

  private static final FieldType LONG = FieldType.nullable(new ArrowType.Int(Long.SIZE, true));
  private static final FieldType FLAG = FieldType.nullable(ArrowType.Bool.INSTANCE);
  private static final FieldType NUMBER =
      FieldType.nullable(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE));
  private static final FieldType LIST = FieldType.nullable(ArrowType.List.INSTANCE);

  private static final Map<String, Cell> COLUMNS = columns();

  private MetricsTable() {}

  /** What a column holds in a row. */
  private interface Cell {
    @Nullable Object of(Row row);
  }

  /** What is known of a step. */
  private record Row(long step, @Nullable Step trained, @Nullable Evaluation evaluated) {

    static Row join(Row first, Row second) {
      return new Row(
          first.step,
          first.trained == null ? second.trained : first.trained,
          first.evaluated == null ? second.evaluated : first.evaluated);
    }
  }

  private static Map<String, Cell> columns() {
    Map<String, Cell> columns = new LinkedHashMap<>();
    columns.put("step", Row::step);
    columns.put("tokens", trained(Step::tokens));
    columns.put("loss", trained(Step::loss));
    columns.put("learningRates", trained(Step::learningRates));
    columns.put("tokensPerSecond", trained(Step::tokensPerSecond));
    columns.put("modelFlopsUtilization", trained(Step::modelFlopsUtilization));
    columns.put("gradientNorm", trained(Step::gradientNorm));
    columns.put("blockNorms", trained(Step::blockNorms));
    columns.put("skipped", trained(Step::skipped));
    columns.put("routers.balancing", routers(Router::balancing));
    columns.put("routers.z", routers(Router::z));
    columns.put("routers.largestLoad", routers(Router::largestLoad));
    columns.put("routers.dropped", routers(router -> (double) router.dropped()));
    columns.put("stallSeconds", trained(Step::stallSeconds));
    columns.put("validationLoss", evaluated(Evaluation::validationLoss));
    columns.put("hiddenRms", evaluated(Evaluation::hiddenRms));
    return columns;
  }

  private static Cell trained(Function<Step, Object> value) {
    return row -> row.trained() == null ? null : value.apply(row.trained());
  }

  private static Cell evaluated(Function<Evaluation, Object> value) {
    return row -> row.evaluated() == null ? null : value.apply(row.evaluated());
  }

  private static Cell routers(Function<Router, Double> value) {
    return trained(step -> step.routers().stream().map(value).toList());
  }

  private static Field field(String name) {
    return switch (name) {
      case "step", "tokens" -> new Field(name, LONG, List.of());
      case "skipped" -> new Field(name, FLAG, List.of());
      case "learningRates",
          "blockNorms",
          "hiddenRms",
          "routers.balancing",
          "routers.z",
          "routers.largestLoad",
          "routers.dropped" ->
          new Field(name, LIST, List.of(new Field(ListVector.DATA_VECTOR_NAME, NUMBER, null)));
      default -> new Field(name, NUMBER, List.of());
    };
  }

  /** The whole file, in Arrow's IPC file format. */
  static byte[] encode(Metrics metrics) {
    TreeMap<Long, Row> rows = new TreeMap<>();
    metrics
        .steps()
        .forEach(step -> rows.merge(step.step(), new Row(step.step(), step, null), Row::join));
    metrics.evaluations().forEach(e -> rows.merge(e.step(), new Row(e.step(), null, e), Row::join));
    Schema schema = new Schema(COLUMNS.keySet().stream().map(MetricsTable::field).toList());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BufferAllocator allocator = new RootAllocator();
        VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(bytes))) {
      List<Row> all = new ArrayList<>(rows.values());
      COLUMNS.forEach((name, cell) -> fill(root.getVector(name), all, cell));
      root.setRowCount(all.size());
      writer.writeBatch();
      writer.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void fill(FieldVector vector, List<Row> rows, Cell cell) {
    vector.allocateNew();
    for (int i = 0; i < rows.size(); i++) {
      Object present = cell.of(rows.get(i));
      if (present != null) {
        set(vector, i, present);
      }
    }
    vector.setValueCount(rows.size());
  }

  private static void set(FieldVector vector, int row, Object value) {
    switch (vector) {
      case BigIntVector longs -> longs.setSafe(row, (Long) value);
      case Float8Vector numbers -> numbers.setSafe(row, (Double) value);
      case BitVector flags -> flags.setSafe(row, (Boolean) value ? 1 : 0);
      case ListVector lists -> {
        Float8Vector numbers = (Float8Vector) lists.getDataVector();
        int at = lists.startNewValue(row);
        int count = 0;
        for (Object number : (List<?>) value) {
          numbers.setSafe(at + count++, (Double) number);
        }
        lists.endValue(row, count);
      }
      default -> throw new IllegalArgumentException(vector.getField().toString());
    }
  }
}
