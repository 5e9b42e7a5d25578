using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>What turns of split learning compute with at a node, one at a time: <c>f_N</c> with a θ_N and a gradient of its own.</summary>
internal sealed class TurnModel : IDisposable
{
    /// <summary>Builds it.</summary>
    /// <param name="setup">Which layers a node has.</param>
    /// <param name="device">Where to compute.</param>
    public TurnModel(TrainingSetup setup, Device device)
    {
        using var generator = new GeneratorGuard();
        Layers = new LayeredModel(setup.Model, setup.Cut, setup.NodeLayerCount);
        Parameters = new FlatParameters(Layers, setup.ElementType.ToScalarType(), device, Layers.ParameterCount);
    }

    /// <summary><c>f_N</c>.</summary>
    public LayeredModel Layers { get; }

    /// <summary>θ_N and its gradient.</summary>
    public FlatParameters Parameters { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        Layers.Dispose();
    }
}
