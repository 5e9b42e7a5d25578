using Microsoft.Extensions.Logging;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training.Planning;

internal static partial class PlanningLog
{
    public static void PartsTooSmall(this OrchestratorLog log, VirtualBatch batch, IReadOnlyCollection<int> nodes, string layer) =>
        log.Crowd.PartsTooSmall(StepId.InWords(batch.Epoch, batch.Index), string.Join(", ", nodes.Order()), layer);

    public static void BatchTooSmall(this OrchestratorLog log, VirtualBatch batch, string layer) =>
        log.Crowd.BatchTooSmall(StepId.InWords(batch.Epoch, batch.Index), layer);

    [LoggerMessage(1048, LogLevel.Warning, "{batch} goes on without node {nodes}: one row there, and layer '{layer}' normalises over the rows of a batch")]
    private static partial void PartsTooSmall(this CrowdLogger log, string batch, string nodes, string layer);

    [LoggerMessage(1047, LogLevel.Warning, "{batch} is skipped: one row is left of it, and layer '{layer}' normalises over the rows of a batch")]
    private static partial void BatchTooSmall(this CrowdLogger log, string batch, string layer);
}
