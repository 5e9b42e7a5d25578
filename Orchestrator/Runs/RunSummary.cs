using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>What <c>run.json</c> says of a run that has ended well.</summary>
internal static class RunSummary
{
    /// <summary>The file's content.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="options">What was run: those of the request, with what it left open.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="total">How long it took, waiting for nodes included.</param>
    public static JsonObject Of(RunRequest request, RunOptions options, RunOutcome outcome, TimeSpan total) => new()
    {
        ["algorithm"] = options.Algorithm.ToString(),
        ["arguments"] = new JsonArray([.. request.Arguments.Select(a => (JsonNode)a)]),
        ["options"] = OptionsOf(options),
        ["options_digest"] = ResultOptions.Digest(ResultOptions.Of(options), outcome.Branches),
        ["branches"] = new JsonArray([.. outcome.Branches.Select(ToJson)]),
        ["resumed_from_step"] = request.Resumed?.Manifest.Progress.Steps,
        ["computation"] = new JsonObject
        {
            ["threads"] = LibTorch.Loaded?.Threads,
            ["instruction_set"] = LibTorch.Loaded?.InstructionSet,
            ["matrix_products"] = LibTorch.Loaded?.MatrixProducts,
        },
        ["versions"] = new JsonObject
        {
            ["product"] = ProductInfo.Version,
            ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            ["libtorch"] = LibTorch.Loaded?.Version,
            ["torch"] = typeof(TorchSharp.torch).Assembly.GetName() is var torch ? $"{torch.Name} {torch.Version}" : null,
        },
        ["result"] = new JsonObject
        {
            ["accuracy"] = JsonNumber.Of(outcome.Evaluation?.Accuracy),
            ["loss"] = JsonNumber.Of(outcome.Evaluation?.Loss),
            ["macro_f1"] = JsonNumber.Of(outcome.Evaluation?.MacroF1),
            ["auc"] = JsonNumber.Of(outcome.Evaluation?.Auc),
            ["rmse"] = JsonNumber.Of(outcome.Evaluation?.Rmse),
            ["mae"] = JsonNumber.Of(outcome.Evaluation?.Mae),
            ["r2"] = JsonNumber.Of(outcome.Evaluation?.R2),
            ["validation_loss"] = JsonNumber.Of(outcome.Validation?.Loss),
            ["validation_accuracy"] = JsonNumber.Of(outcome.Validation?.Accuracy),
            ["epochs"] = outcome.Progress.Epoch - 1,
            ["stopped_by"] = outcome.StoppedBy,
            ["best_epoch"] = outcome.Progress.Stopping?.BestEpoch,
            ["steps"] = outcome.Progress.Steps,
            ["params_sha256"] = outcome.Hash,
            ["lossy"] = LossOf(options, outcome) is not null,
            ["lossy_because"] = LossOf(options, outcome),
            ["skipped_rows"] = outcome.Progress.TotalSkippedRows,
            ["seconds"] = outcome.Meters.Seconds,
            ["total_seconds"] = total.TotalSeconds,
            ["sent_bytes"] = outcome.Meters.SentBytes,
            ["received_bytes"] = outcome.Meters.ReceivedBytes,
        },
        ["nodes"] = new JsonArray([.. outcome.Nodes.Select(ToJson)]),
        ["performance"] = outcome.Figures?.ToJson(),
    };

    /// <summary>Every flag of the run with its value; of starting weights the file's digest, too.</summary>
    private static JsonObject OptionsOf(RunOptions options)
    {
        var all = new JsonObject(RunFlags.Known.All.Where(f => f.IsInSummary).Select(f => KeyValuePair.Create(f.Key, f.JsonOf(options))));
        all["init_sha256"] = options.Start?.Sha256;
        return all;
    }

    /// <summary>Why the result is not that of centralized training; <see langword="null"/> if it is.</summary>
    public static string? LossOf(RunOptions options, RunOutcome outcome) =>
        outcome.Progress.TotalSkippedRows is > 0 and long skipped ? $"{skipped} rows were skipped"
        : options.Algorithm == Algorithm.Traversal ? Exactness.Problem(options.Model, options.Cut, options.Exchange)
        : null;

    private static JsonObject ToJson(RunBranch branch) => new()
    {
        ["from_step"] = branch.FromStep,
        ["changed"] = new JsonObject(branch.Changed.Select(c => KeyValuePair.Create(c.Key[2..], (JsonNode?)new JsonObject { ["was"] = c.Value.Was, ["is"] = c.Value.Is }))),
    };

    private static JsonObject ToJson(NodeReport node) => new()
    {
        ["id"] = node.NodeId,
        ["samples"] = node.SampleCount,
        ["metadata"] = new JsonObject(node.Metadata.Entries.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value))),
    };
}
