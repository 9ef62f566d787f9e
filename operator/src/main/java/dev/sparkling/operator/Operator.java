package dev.sparkling.operator;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/**
 * Starts the operator or, with {@code check URL}, checks that an operator is ready, as {@code helm
 * test} does.
 */
@QuarkusMain
public final class Operator {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int OK = 200;

  private Operator() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 2 && arguments[0].equals("check")) {
      System.exit(check(URI.create(arguments[1])));
    }
    Quarkus.run(arguments);
  }

  private static int check(URI address) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(address).timeout(TIMEOUT).build(), BodyHandlers.ofString());
      System.out.println(answer.statusCode() + " " + answer.body());
      return answer.statusCode() == OK ? 0 : 1;
    }
  }
}
