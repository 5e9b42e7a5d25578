using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>What both sides know of an exchange by its name. What each side does in it is a <see cref="NodeExchange"/>, and a class at the orchestrator.</summary>
/// <param name="Exchange">Which.</param>
/// <param name="Word">In a <see cref="Welcome"/>, on the command line, in files.</param>
/// <param name="Requests">What a visit asks of a node, in order.</param>
public sealed record ExchangeKind(Exchange Exchange, string Word, IReadOnlyList<MessageType> Requests)
{
    /// <summary>Whether nodes have <c>f_O</c> and all of θ; otherwise <c>f_N</c> and θ_N.</summary>
    public bool NodesHaveModel { get; init; } = true;

    /// <summary>Whether nodes wait for their rows of <c>G</c>; otherwise their backward pass follows their forward pass at once.</summary>
    public bool SendsActivationGradients => Requests.Contains(MessageType.Backward);

    /// <summary>All there are, in the order of <c>--help</c>.</summary>
    public static IReadOnlyList<ExchangeKind> All { get; } =
    [
        new(Exchange.TwoPhase, "two_phase", [MessageType.ForwardPass, MessageType.Backward]),
        new(Exchange.OnePhase, "one_phase", [MessageType.ForwardPass]),
        new(Exchange.Relay, "relay", [MessageType.ForwardPass, MessageType.LossPass, MessageType.Backward]) { NodesHaveModel = false },
    ];

    /// <summary>That of a word; <see langword="null"/> if there is none.</summary>
    public static ExchangeKind? Find(string word) => All.FirstOrDefault(k => string.Equals(k.Word, word, StringComparison.Ordinal));

    /// <summary>How many layers of a model a node computes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cut">Layers of <c>f_N</c>.</param>
    public int NodeLayerCount(ModelDescription model, int cut) => NodesHaveModel ? model.Layers.Length : cut;
}

/// <summary>From an exchange's name to what is known of it.</summary>
public static class ExchangeExtensions
{
    /// <summary>What is known of an exchange.</summary>
    public static ExchangeKind Kind(this Exchange exchange) => ExchangeKind.All.First(k => k.Exchange == exchange);

    /// <summary>The word of an exchange.</summary>
    public static string ToWord(this Exchange exchange) => exchange.Kind().Word;
}
