using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A party's own copy of the model, in float64, at a θ that it knows.</summary>
internal sealed class KnownModel : IDisposable
{
    private readonly FlatParameters _parameters;

    public KnownModel(TrainingSetup setup, Tensor parameters)
    {
        Model = new LayeredModel(setup.Model, setup.Cut);
        _parameters = new FlatParameters(Model, ScalarType.Float64, CPU, setup.Model.ParameterCount);
        using IDisposable noGrad = no_grad();
        _parameters.Values.copy_(parameters);
    }

    /// <summary>The model.</summary>
    public LayeredModel Model { get; }

    /// <summary>Whether a vector is all of θ.</summary>
    public static bool IsWhole(TrainingSetup setup, Tensor? parameters) => parameters?.numel() == setup.Model.ParameterCount;

    /// <summary><c>G = ∂L/∂A</c> of rows, from their <c>A</c> and <c>Λ</c>.</summary>
    /// <param name="activations"><c>[m, …]</c>.</param>
    /// <param name="logitGradients"><c>[m, C]</c>.</param>
    /// <param name="batchRows">Rows of the batch, which the loss is averaged over.</param>
    public Tensor ActivationGradients(Tensor activations, Tensor logitGradients, int batchRows)
    {
        Tensor leaf = activations.detach().requires_grad_();
        return autograd.grad([Model.ForwardRest(leaf)], [leaf], [logitGradients.div(batchRows)])[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        Model.Dispose();
    }
}
