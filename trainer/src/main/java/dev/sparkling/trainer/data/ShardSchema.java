package dev.sparkling.trainer.data;

import java.util.List;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** The columns of a shard, with Hugging Face's name for tokens; one row per document. */
final class ShardSchema {

  static final String TOKENS = "input_ids";
  static final String DOCUMENT = "document";

  /** Indices into a record batch's buffers, which are validity, offsets, validity, values. */
  static final int OFFSETS_BUFFER = 1;

  static final int VALUES_BUFFER = 3;

  /** Index of the tokens in a record batch's field nodes. */
  static final int VALUES_NODE = 1;

  static final Schema SCHEMA =
      new Schema(
          List.of(
              new Field(
                  TOKENS,
                  FieldType.notNullable(ArrowType.List.INSTANCE),
                  List.of(
                      new Field("item", FieldType.notNullable(new ArrowType.Int(32, true)), null))),
              new Field(DOCUMENT, FieldType.notNullable(ArrowType.Utf8.INSTANCE), null)));

  private ShardSchema() {}
}
