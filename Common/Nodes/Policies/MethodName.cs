using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Policies;

/// <summary>A method, and the requests by which it has a node compute.</summary>
/// <param name="Name">As in <see cref="Messages.RunTerms.Algorithm"/>.</param>
/// <param name="Requests">The first request of each kind of task.</param>
internal sealed record MethodName(string Name, params MessageType[] Requests)
{
    private static readonly MessageType[] Turns = [MessageType.TurnStart, MessageType.TurnForward];

    /// <summary>The methods of this version.</summary>
    public static IReadOnlyList<MethodName> All { get; } =
    [
        new("tl", MessageType.ForwardPass, MessageType.BlindStart, MessageType.BlindStep),
        new("fedavg", MessageType.LocalTraining),
        new("fedprox", MessageType.LocalTraining),
        new("fedsgd", MessageType.ForwardPass),
        new("split", Turns),
        new("splitfedv1", Turns),
        new("splitfedv2", Turns),
        new("gossip", MessageType.GossipRound),
    ];

    /// <summary>Whether a message is a request of some methods only, and not of this one.</summary>
    public static bool IsForeign(MessageType type, string name) =>
        All.Any(m => m.Requests.Contains(type)) && !All.Any(m => string.Equals(m.Name, name, StringComparison.Ordinal) && m.Requests.Contains(type));
}
