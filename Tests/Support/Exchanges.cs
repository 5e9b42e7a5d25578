using TraversalLearning.Nodes;

namespace TraversalLearning.Tests.Support;

/// <summary>Exchanges by what a test has to do with.</summary>
internal static class Exchanges
{
    /// <summary>Those in which the orchestrator holds the model and visits nodes.</summary>
    public static Exchange[] OfVisits { get; } = [.. ExchangeKind.All.Where(k => !k.IsBlind).Select(k => k.Exchange)];
}
