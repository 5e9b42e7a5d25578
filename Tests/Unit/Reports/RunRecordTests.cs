using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Tests.Unit.Reports;

/// <summary><c>run.json</c>, whose readers outlive the program that wrote it: its names and their order stay.</summary>
public sealed class RunRecordTests
{
    private const string Json =
        """
        {
          "algorithm": "tl",
          "arguments": [
            "--lr",
            "0.5"
          ],
          "options": {
            "epochs": 2
          },
          "options_digest": "d",
          "branches": [
            {
              "from_step": 3,
              "changed": {
                "lr": {
                  "was": "1",
                  "is": null
                }
              }
            }
          ],
          "resumed_from_step": 3,
          "computation": {
            "threads": 2,
            "instruction_set": "avx2",
            "matrix_products": "compatible"
          },
          "versions": {
            "product": "1.2.3",
            "runtime": ".NET",
            "libtorch": "2.10",
            "torch": "TorchSharp"
          },
          "result": {
            "accuracy": 0.875,
            "loss": null,
            "macro_f1": 0.75,
            "auc": 0.5,
            "rmse": null,
            "mae": null,
            "r2": null,
            "validation_loss": 0.25,
            "validation_accuracy": null,
            "epochs": 2,
            "stopped_by": null,
            "best_epoch": null,
            "steps": 4,
            "params_sha256": "h",
            "lossy": true,
            "lossy_because": "dropout",
            "skipped_rows": 0,
            "seconds": 1.5,
            "total_seconds": 2.5,
            "sent_bytes": 30,
            "received_bytes": 12
          },
          "nodes": [
            {
              "id": 1,
              "samples": 7,
              "metadata": {
                "site": "Bern"
              }
            }
          ],
          "performance": {
            "steps": 10,
            "step_ms": 21,
            "step_budget_ms": {
              "node_compute": 1,
              "orchestrator_compute": 2,
              "encode_decode": 3,
              "wire_and_wait": 4,
              "optimizer": 5,
              "other": 6
            },
            "step_visits": 2.5,
            "step_sent_bytes": 100,
            "step_received_bytes": 50,
            "step_allocated_bytes": 7,
            "step_processor_ms": 1.5,
            "peak_memory_bytes": 8
          }
        }
        """;

    [Test]
    public void A_record_is_written_as_ever()
    {
        var run = new RunRecord
        {
            Algorithm = "tl",
            Arguments = ["--lr", "0.5"],
            Options = new JsonObject { ["epochs"] = 2 },
            OptionsDigest = "d",
            Branches = [new RunBranch(3, new Dictionary<string, ChangedFlag>(StringComparer.Ordinal) { ["lr"] = new("1", null) })],
            ResumedFromStep = 3,
            Computation = new ComputationRecord(2, "avx2", "compatible"),
            Versions = new VersionsRecord("1.2.3", ".NET", "2.10", "TorchSharp"),
            Result = new ResultRecord
            {
                Accuracy = 0.875, Loss = double.NaN, MacroF1 = 0.75, Auc = 0.5, ValidationLoss = 0.25, Epochs = 2, Steps = 4, ParamsSha256 = "h", Lossy = true,
                LossyBecause = "dropout", Seconds = 1.5, TotalSeconds = 2.5, SentBytes = 30, ReceivedBytes = 12,
            },
            Nodes = [new NodeRecord(1, 7, new Dictionary<string, string>(StringComparer.Ordinal) { ["site"] = "Bern" })],
            Performance = new EpochFigures(10, new StepBudget(1, 2, 3, 4, 5, 6), 2.5, 100, 50, 7, 1.5) { PeakMemoryBytes = 8 },
        };
        Assert.That(JsonSerializer.Serialize(run, RecordJson.Indented), Is.EqualTo(Json));
    }

    [Test]
    public void What_was_read_is_written_the_same() =>
        Assert.That(JsonSerializer.Serialize(RecordJson.Read<RunRecord>(Encoding.UTF8.GetBytes(Json)), RecordJson.Indented), Is.EqualTo(Json));

    [TestCase("options")]
    [TestCase("options_digest")]
    [TestCase("result")]
    public void What_is_missing_is_named(string name)
    {
        JsonObject run = JsonNode.Parse(Json)!.AsObject();
        run.Remove(name);
        Assert.That(() => RecordJson.Read<RunRecord>(Encoding.UTF8.GetBytes(run.ToJsonString())), Throws.TypeOf<FormatException>().With.Message.EqualTo($"it has no '{name}'"));
    }

    [TestCase("[1]")]
    [TestCase("null")]
    public void What_is_no_object_is_refused(string json) =>
        Assert.That(() => RecordJson.Read<RunRecord>(Encoding.UTF8.GetBytes(json)), Throws.TypeOf<FormatException>().With.Message.EqualTo("it is no object"));

    [Test]
    public void What_is_missing_within_a_part_is_named_too()
    {
        JsonNode run = JsonNode.Parse(Json)!;
        run["result"]!["steps"] = null;
        Assert.That(() => RecordJson.Read<RunRecord>(Encoding.UTF8.GetBytes(run.ToJsonString())), Throws.TypeOf<FormatException>().With.Message.EqualTo("it has no 'steps'"));
    }
}
