using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// The setup of methods whose nodes hold the whole model, so that neither cut nor exchange is chosen.
/// </summary>
internal static class WholeModel
{
    /// <summary>Places all layers on every node.</summary>
    /// <exception cref="UserErrorException">A flag applies only to other methods.</exception>
    public static RunOptions OnNodes(RunOptions options) => Require(options) with { Exchange = Exchange.OnePhase };

    /// <summary>Places the cut behind the last layer, so that a visit returns the gradient of all of θ.</summary>
    /// <exception cref="UserErrorException">A flag applies only to other methods, or a layer is not computed row by
    /// row.</exception>
    public static RunOptions BehindCut(RunOptions options)
    {
        RunOptions adapted = Require(options) with { Exchange = Exchange.OnePhase, Cut = options.Model.Layers.Length };
        Training.Exactness.Require(adapted);
        long perRow = adapted.Model.RowBytesBehind(adapted.Cut, adapted.ElementType);
        if ((long)adapted.NumNodes * adapted.BatchSize > int.MaxValue / perRow)
        {
            throw new UserErrorException(
                ExitCode.Usage, $"--batch_size {adapted.BatchSize} of {adapted.NumNodes} nodes: a round's logits have at most {int.MaxValue / perRow} rows");
        }

        return adapted;
    }

    private static RunOptions Require(RunOptions options) => options.AnyCut || options.AnyExchange
        ? throw new UserErrorException(ExitCode.Usage, $"--cut auto and --exchange auto belong to --algorithm tl: with {options.Algorithm} every node has the whole model")
        : options;
}
