using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>The properties of an exchange that both sides share. <see cref="NodeExchange"/> is the node's half; the orchestrator has a class of its own.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Word">Its name in a <see cref="Welcome"/>, on the command line and in files.</param>
/// <param name="Requests">The requests of a visit, in order.</param>
public sealed record ExchangeKind(Exchange Exchange, string Word, IReadOnlyList<MessageType> Requests)
{
    /// <summary>Whether nodes have <c>f_O</c> and all of θ; otherwise only <c>f_N</c> and θ_N.</summary>
    public bool NodesHaveModel { get; init; } = true;

    /// <summary>Whether the orchestrator has neither θ nor gradients: the nodes train, and it adds masked integers.</summary>
    public bool IsBlind { get; init; }

    /// <summary>Whether nodes wait for their rows of <c>G</c>; otherwise the backward pass follows the forward pass at once.</summary>
    public bool SendsActivationGradients => Requests.Contains(MessageType.Backward);

    /// <summary>All exchanges, in the order of <c>--help</c>.</summary>
    public static IReadOnlyList<ExchangeKind> All { get; } =
    [
        new(Exchange.TwoPhase, "two_phase", [MessageType.ForwardPass, MessageType.Backward]),
        new(Exchange.OnePhase, "one_phase", [MessageType.ForwardPass]),
        new(Exchange.Relay, "relay", [MessageType.ForwardPass, MessageType.LossPass, MessageType.Backward]) { NodesHaveModel = false },
        new(Exchange.Blind, "blind", [MessageType.BlindStep]) { IsBlind = true },
    ];

    /// <summary>The exchange with this name; <see langword="null"/> if there is none.</summary>
    public static ExchangeKind? Find(string word) => All.FirstOrDefault(k => string.Equals(k.Word, word, StringComparison.Ordinal));

    /// <summary>Number of layers that a node computes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cut">Number of layers of <c>f_N</c>.</param>
    public int NodeLayerCount(ModelDescription model, int cut) => NodesHaveModel ? model.Layers.Length : cut;
}

/// <summary>Extensions of <see cref="Exchange"/>.</summary>
public static class ExchangeExtensions
{
    /// <summary>The properties of an exchange.</summary>
    public static ExchangeKind Kind(this Exchange exchange) => ExchangeKind.All.First(k => k.Exchange == exchange);

    /// <summary>The name of an exchange.</summary>
    public static string ToWord(this Exchange exchange) => exchange.Kind().Word;
}
