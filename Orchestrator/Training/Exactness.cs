using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// Decides whether traversal learning computes the gradient of centralized training. It does when every layer computes
/// each row independently. A layer that couples rows or draws random numbers must see the whole batch once, in one
/// place: behind the cut, with a relay.
/// </summary>
internal static class Exactness
{
    /// <summary>Refuses a run that would not equal centralized training, unless the options allow it.</summary>
    /// <exception cref="UserErrorException">The run would not be exact; the message gives the reason and a
    /// remedy.</exception>
    public static void Require(RunOptions options)
    {
        if (options.AllowLossy || Candidates(options).Any(c => Problem(options.Model, c.Cut, c.Exchange) is null))
        {
            return;
        }

        throw new UserErrorException(
            ExitCode.Usage, $"{Problem(options.Model, options.Cut, options.Exchange)}; --allow_lossy trains all the same, to another result than centralized training");
    }

    /// <summary>The combinations of cut and exchange that the options leave open.</summary>
    public static IEnumerable<(int Cut, Exchange Exchange)> Candidates(RunOptions options)
    {
        IEnumerable<int> cuts = options.AnyCut ? options.Model.Cuts : [options.Cut];
        IEnumerable<Exchange> exchanges = options.AnyExchange ? ExchangeKind.All.Where(k => !k.IsBlind).Select(k => k.Exchange) : [options.Exchange];
        return from cut in cuts from exchange in exchanges select (cut, exchange);
    }

    /// <summary>
    /// The reason why the gradient differs from that of centralized training; <see langword="null"/> if it does not.
    /// </summary>
    /// <param name="model">The layers.</param>
    /// <param name="cut">Number of layers on the nodes.</param>
    /// <param name="exchange">Determines where the remaining layers are computed.</param>
    public static string? Problem(ModelDescription model, int cut, Exchange exchange)
    {
        int first = Array.FindIndex(model.Layers, l => l.Coupling != LayerCoupling.None);
        if (first < 0 || first >= exchange.Kind().NodeLayerCount(model, cut))
        {
            return null;
        }

        LayerDescription layer = model.Layers[first];
        string reason = layer.Coupling == LayerCoupling.Rows
            ? $"layer '{layer.Name}' needs all rows of a batch at once, and a node has only its own"
            : $"layer '{layer.Name}' draws random numbers, and every node would draw others";
        return first >= cut
            ? $"{reason}; use --exchange relay"
            : model.Cuts.LastOrDefault(c => c <= first) is > 0 and int before
                ? $"{reason}; use --exchange relay --cut {model.Layers[before - 1].Name}"
                : $"{reason}, and no layer in front of it can be cut behind; use another model";
    }

    /// <summary>Whether the layers behind the cut need all rows of a batch at once.</summary>
    public static bool NeedsWholeBatch(TrainingSetup setup) => setup.Model.Layers.Skip(setup.Cut).Any(l => l.Coupling != LayerCoupling.None);
}
