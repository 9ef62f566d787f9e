package dev.sparkling.trainer.metrics;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.Metrics.Router;
import dev.sparkling.checkpoint.run.Metrics.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
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
 * Encodes {@code metrics.arrow}: one row for each step, and one for the evaluation before the
 * stage's first step. Columns have the names of {@code metrics.jsonl} and are null where nothing
 * was measured; the routers' columns have one number for each layer of experts.
 */
final class MetricsTable {

  private static final FieldType LONG = FieldType.nullable(new ArrowType.Int(Long.SIZE, true));
  private static final FieldType FLAG = FieldType.nullable(ArrowType.Bool.INSTANCE);
  private static final FieldType NUMBER =
      FieldType.nullable(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE));
  private static final FieldType LIST = FieldType.nullable(ArrowType.List.INSTANCE);

  private static final List<MetricColumn> COLUMNS = columns();

  private MetricsTable() {}

  /** Computes a column's value in a row. */
  private interface CellValue {
    @Nullable Object of(StepRow row);
  }

  private record MetricColumn(Field field, CellValue cell) {
    static MetricColumn of(String name, FieldType type, CellValue cell) {
      List<Field> elements =
          type.equals(LIST)
              ? List.of(new Field(ListVector.DATA_VECTOR_NAME, NUMBER, List.of()))
              : List.of();
      return new MetricColumn(new Field(name, type, elements), cell);
    }
  }

  /** The measurements of a step. */
  private record StepRow(long step, @Nullable Step trained, @Nullable Evaluation evaluated) {

    static StepRow join(StepRow first, StepRow second) {
      return new StepRow(
          first.step,
          first.trained == null ? second.trained : first.trained,
          first.evaluated == null ? second.evaluated : first.evaluated);
    }
  }

  private static List<MetricColumn> columns() {
    return List.of(
        MetricColumn.of("step", LONG, StepRow::step),
        MetricColumn.of("tokens", LONG, trained(Step::tokens)),
        MetricColumn.of("loss", NUMBER, trained(Step::loss)),
        MetricColumn.of("learningRates", LIST, trained(Step::learningRates)),
        MetricColumn.of("tokensPerSecond", NUMBER, trained(Step::tokensPerSecond)),
        MetricColumn.of("modelFlopsUtilization", NUMBER, trained(Step::modelFlopsUtilization)),
        MetricColumn.of("gradientNorm", NUMBER, trained(Step::gradientNorm)),
        MetricColumn.of("blockNorms", LIST, trained(Step::blockNorms)),
        MetricColumn.of("skipped", FLAG, trained(Step::skipped)),
        MetricColumn.of("routers.balancing", LIST, routers(Router::balancing)),
        MetricColumn.of("routers.z", LIST, routers(Router::z)),
        MetricColumn.of("routers.largestLoad", LIST, routers(Router::largestLoad)),
        MetricColumn.of("stallSeconds", NUMBER, trained(Step::stallSeconds)),
        MetricColumn.of("validationLoss", NUMBER, evaluated(Evaluation::validationLoss)),
        MetricColumn.of("hiddenRms", LIST, evaluated(Evaluation::hiddenRms)));
  }

  private static CellValue trained(Function<Step, Object> value) {
    return row -> row.trained() == null ? null : value.apply(row.trained());
  }

  private static CellValue evaluated(Function<Evaluation, Object> value) {
    return row -> row.evaluated() == null ? null : value.apply(row.evaluated());
  }

  private static CellValue routers(Function<Router, Double> value) {
    return trained(step -> step.routers().stream().map(value).toList());
  }

  /** Encodes a whole file, in Arrow's IPC file format. */
  static byte[] encode(Metrics metrics) {
    TreeMap<Long, StepRow> rows = new TreeMap<>();
    metrics
        .steps()
        .forEach(
            step -> rows.merge(step.step(), new StepRow(step.step(), step, null), StepRow::join));
    metrics
        .evaluations()
        .forEach(e -> rows.merge(e.step(), new StepRow(e.step(), null, e), StepRow::join));
    Schema schema = new Schema(COLUMNS.stream().map(MetricColumn::field).toList());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BufferAllocator allocator = new RootAllocator();
        VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(bytes))) {
      List<StepRow> all = new ArrayList<>(rows.values());
      COLUMNS.forEach(column -> fill(root.getVector(column.field()), all, column.cell()));
      root.setRowCount(all.size());
      writer.writeBatch();
      writer.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void fill(FieldVector vector, List<StepRow> rows, CellValue cell) {
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
