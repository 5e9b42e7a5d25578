using System.Text.Json.Nodes;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the page says of a run that does not change while it goes on.</summary>
internal static class RunHeader
{
    /// <summary>For the page. Nothing in it is secret: the token is not among the options.</summary>
    public static JsonObject Of(RunRequest request)
    {
        RunOptions options = request.Options;
        return new JsonObject
        {
            ["name"] = Path.GetFileName(request.Folder.Path),
            ["algorithm"] = options.Algorithm.ToString(),
            ["model"] = options.Model.Name,
            ["dataset"] = options.Dataset,
            ["partition"] = options.Partition.ToString(),
            ["nodes"] = options.Algorithm == Algorithm.Centralized ? 0 : options.NumNodes,
            ["epochs"] = options.Epochs,
            ["batch_size"] = options.BatchSize,
            ["seed"] = options.Seed,
            ["optimizer"] = $"{options.Optimizer.Kind.ToString().ToLowerInvariant()}, lr {options.Optimizer.EffectiveLearningRate}",
            ["exchange"] = options.AnyExchange ? "auto" : options.Exchange.ToWord(),
            ["heartbeat_seconds"] = options.HeartbeatTimeout.TotalSeconds,
        };
    }
}
