using System.Runtime.ExceptionServices;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.NodeDaemon;

/// <summary>Maps the end of a node to the program's outcome.</summary>
internal static class NodeEnd
{
    /// <summary>The user error for an exception; <see langword="null"/> if the user can do nothing about it.</summary>
    public static UserErrorException? Of(Exception e) => e switch
    {
        NodeRejectedException or PeerAuthenticationException or PolicyException => new UserErrorException(ExitCode.Rejected, e.Message, e),
        ConnectionLostException => new UserErrorException(
            ExitCode.Network, $"{e.Message}; check --host and --port, or give it more time with --connect_timeout", e),
        _ => null,
    };

    /// <summary>Throws the worst failure among the nodes of one process, if any: a defect, a rejection, an unreachable orchestrator, in this order.</summary>
    public static void ThrowWorst(IReadOnlyList<NodeFailure> failures)
    {
        if (failures.FirstOrDefault(f => Of(f.Reason) is null) is { } defect)
        {
            ExceptionDispatchInfo.Throw(defect.Reason);
        }

        if (failures.MaxBy(f => Of(f.Reason)!.ExitCode == ExitCode.Rejected) is { } worst)
        {
            UserErrorException end = Of(worst.Reason)!;
            string others = failures.Count > 1 ? $" ({failures.Count - 1} more nodes ended by errors)" : string.Empty;
            throw new UserErrorException(end.ExitCode, $"node {worst.NodeId}: {end.Message}{others}", worst.Reason);
        }
    }
}
