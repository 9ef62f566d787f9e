package dev.sparkling.pipeline.json;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record with {@link JsonUnwrapped} components, whose fields are not nested in JSON.
 * Jackson reads such records by itself; the module that Fabric8 adds to Jackson cannot ("No
 * fallback setter/field defined for creator property").
 */
public abstract class GroupedRecordReader<R extends Record> extends StdDeserializer<R> {
  private static final long serialVersionUID = 1L;

  protected GroupedRecordReader(Class<R> type) {
    super(type);
  }

  @Override
  public R deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    JsonNode tree = context.readTree(parser);
    RecordComponent[] components = handledType().getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      boolean isGroup = component.getAccessor().isAnnotationPresent(JsonUnwrapped.class);
      JsonNode value = isGroup ? tree : tree.path(component.getName());
      types[i] = component.getType();
      values[i] =
          value.isMissingNode() || value.isNull()
              ? null
              : context.readTreeAsValue(value, context.constructType(component.getGenericType()));
    }
    try {
      Constructor<?> constructor = handledType().getDeclaredConstructor(types);
      @SuppressWarnings("unchecked")
      R read = (R) constructor.newInstance(values);
      return read;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
