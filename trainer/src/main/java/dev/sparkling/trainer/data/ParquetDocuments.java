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
import java.util.function.Consumer;

/**
 * Documents of a Parquet file, a row each.
 *
 * @param textColumn that holds the text; no other is read
 */
record ParquetDocuments(Path file, String textColumn) {

  /** Hands over all documents. */
  void read(String name, Consumer<Document> documents) throws IOException {
    long row = 0;
    try (InputFile input = InputFile.of(file);
        ParquetFileReader parquet = ParquetFileReader.open(input)) {
      checkColumn(parquet.getFileSchema());
      try (RowReader rows =
          parquet.buildRowReader().projection(ColumnProjection.columns(textColumn)).build()) {
        while (rows.hasNext()) {
          rows.next();
          row++;
          if (rows.isNull(0)) {
            throw new UserError(
                file + ": row " + row + " has nothing in column '" + textColumn + "'");
          }
          documents.accept(new Document(name + ":" + row, rows.getString(0)));
        }
      }
    } catch (UserError e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library throws what it comes across; a disk that fails looks no other to it.
      throw new UserError(
          file + ": cannot be read as Parquet after row " + row + ": " + e.getMessage(), e);
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
          "%s: has no text in a column '%s'; columns of text are %s; --text-field names another"
              .formatted(file, textColumn, String.join(", ", texts)));
    }
  }
}
