/** Topics with named parts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { topicPattern } from "#records/topic-pattern";

test("a name stands for one part, and what is another topic has no parts", () => {
  const mqtt = topicPattern("plant/{machine}/+/values", "/", "+");
  assert.equal(mqtt.filter, "plant/+/+/values");
  assert.deepEqual(mqtt.fieldsOf("plant/press-1/hot/values"), { machine: "press-1" });
  for (const other of ["plant/press-1/hot/others", "plant/press-1/values", "plant/a/b/values/c", "site/a/b/values"])
    assert.equal(mqtt.fieldsOf(other), null, other);
  const nats = topicPattern("metrics.{host}.>", ".", "*");
  assert.equal(nats.filter, "metrics.*.>");
  assert.deepEqual(nats.fieldsOf("metrics.web-1.cpu.load"), { host: "web-1" });
  assert.equal(nats.fieldsOf("events.web-1.cpu"), null);
  assert.deepEqual(topicPattern("plant/#", "/", "+").fieldsOf("plant/a/b"), {});
});
