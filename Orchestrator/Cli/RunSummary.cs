using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Checkpoints;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>What <c>run.json</c> says of a run that has ended well.</summary>
internal static class RunSummary
{
    public static JsonObject Of(ParseResult arguments, RunOptions options, RunOutcome outcome, Checkpoint? resumed, TimeSpan total) => new()
    {
        ["algorithm"] = options.Algorithm.ToString(),
        ["arguments"] = new JsonArray([.. arguments.Tokens.Select(t => (JsonNode)t.Value)]),
        ["options"] = new JsonObject
        {
            ["num_nodes"] = options.NumNodes,
            ["epochs"] = options.Epochs,
            ["batch_size"] = options.BatchSize,
            ["seed"] = options.Seed,
            ["model"] = JsonNode.Parse(options.Model.ToJson()),
            ["cut"] = options.Model.Layers[options.Cut - 1].Name,
            ["dtype"] = options.ElementType.ToString().ToLowerInvariant(),
            ["optimizer"] = options.Optimizer.Kind.ToString().ToLowerInvariant(),
            ["lr"] = options.Optimizer.EffectiveLearningRate,
            ["schedule"] = options.Optimizer.Schedule.Kind.ToString().ToLowerInvariant(),
            ["gamma"] = options.Optimizer.Schedule.Gamma,
            ["step_size"] = options.Optimizer.Schedule.StepSize,
            ["milestones"] = new JsonArray([.. options.Optimizer.Schedule.Milestones.Select(m => (JsonNode)m)]),
            ["warmup_epochs"] = options.Optimizer.Schedule.WarmupEpochs,
            ["momentum"] = options.Optimizer.Momentum,
            ["nesterov"] = options.Optimizer.Nesterov,
            ["weight_decay"] = options.Optimizer.WeightDecay,
            ["clip_grad_norm"] = options.Optimizer.ClipGradNorm,
            ["dataset"] = options.Dataset,
            ["partition"] = options.Partition.ToString(),
            ["exchange"] = options.Exchange.ToWord(),
            ["traversal"] = options.Traversal.ToString().ToLowerInvariant(),
            ["compression"] = options.Compression.ToString().ToLowerInvariant(),
            ["client_fraction"] = options.IsDecentralized ? null : options.Federation?.ClientFraction,
            ["local_epochs"] = options.Federation?.LocalEpochs,
            ["select"] = options.IsDecentralized ? null : options.Federation?.Select,
            ["aggregator"] = options.Federation?.Aggregator,
            ["groups"] = options.Federation?.Groups?.ToString(),
            ["topology"] = options.IsDecentralized ? options.Federation?.Topology.ToString() : null,
            ["topology_seed"] = options.IsDecentralized ? options.Federation?.TopologySeed ?? options.Seed : null,
            ["on_node_loss"] = options.OnNodeLoss.ToString().ToLowerInvariant(),
            ["device"] = options.Device,
            ["threads"] = options.Threads,
        },
        ["options_digest"] = ResultOptions.Digest(ResultOptions.Of(options)),
        ["resumed_from_step"] = resumed?.Manifest.Progress.Steps,
        ["versions"] = new JsonObject
        {
            ["product"] = ProductInfo.Version,
            ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            ["torch"] = typeof(TorchSharp.torch).Assembly.GetName() is var torch ? $"{torch.Name} {torch.Version}" : null,
        },
        ["result"] = new JsonObject
        {
            ["accuracy"] = outcome.Evaluation.Accuracy,
            ["loss"] = outcome.Evaluation.Loss,
            ["macro_f1"] = outcome.Evaluation.MacroF1,
            ["auc"] = outcome.Evaluation.Auc,
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
        ["performance"] = outcome.Figures?.ToJson(),
    };

    /// <summary>Why the result is not that of centralized training; <see langword="null"/> if it is.</summary>
    public static string? LossOf(RunOptions options, RunOutcome outcome) =>
        outcome.Progress.TotalSkippedRows is > 0 and long skipped ? $"{skipped} rows were skipped"
        : options.Algorithm == Algorithm.Traversal ? Exactness.Problem(options.Model, options.Cut, options.Exchange)
        : null;
}
