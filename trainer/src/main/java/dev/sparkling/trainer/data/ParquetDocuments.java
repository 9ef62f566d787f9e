package dev.sparkling.trainer.data;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import dev.hardwood.schema.FileSchema;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Reads documents from a Parquet file, one per row.
 *
 * @param textColumn column that holds the text, the only one that is read
 */
record ParquetDocuments(Path file, String textColumn) {

  /**
   * Reads all documents. Exceptions of the consumer are rethrown; those of the library, which have
   * many types, are wrapped in {@link UserError}.
   */
  void read(String name, Consumer<Document> documents) throws IOException {
    try (InputFile input = InputFile.of(file);
        ParquetFileReader parquet = attempt(0, () -> ParquetFileReader.open(input))) {
      checkColumn(parquet.getFileSchema());
      try (RowReader rows =
          parquet.buildRowReader().projection(ColumnProjection.columns(textColumn)).build()) {
        for (long row = 1; hasNext(rows, row); row++) {
          documents.accept(new Document(name + ":" + row, next(rows, row)));
        }
      }
    }
  }

  private boolean hasNext(RowReader rows, long row) {
    return attempt(row - 1, rows::hasNext);
  }

  private String next(RowReader rows, long row) {
    return attempt(
        row - 1,
        () -> {
          rows.next();
          if (rows.isNull(0)) {
            throw new UserError(
                file + ": row " + row + " has no value in column '" + textColumn + "'");
          }
          return rows.getString(0);
        });
  }

  private <T> T attempt(long rowsRead, Callable<T> reading) {
    try {
      return reading.call();
    } catch (UserError e) {
      throw e;
    } catch (Exception e) {
      throw new UserError(
          file + ": cannot be read as Parquet after row " + rowsRead + ": " + e.getMessage(), e);
    }
  }

  private void checkColumn(FileSchema schema) {
    List<String> texts =
        schema.getColumns().stream()
            .filter(column -> column.type() == PhysicalType.BYTE_ARRAY)
            .map(ColumnSchema::name)
            .toList();
    if (!texts.contains(textColumn)) {
      throw new UserError(
          "%s: has no text in a column '%s'; columns of text are %s; choose another text field"
              .formatted(file, textColumn, String.join(", ", texts)));
    }
  }
}
