using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>A node's model for turns of split learning, one at a time: <c>f_N</c> with its own θ_N and gradient.</summary>
internal sealed class TurnModel : IDisposable
{
    /// <summary>Builds the model.</summary>
    /// <param name="setup">Determines the node's layers.</param>
    /// <param name="device">Device to compute on.</param>
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
