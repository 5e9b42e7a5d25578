namespace TraversalLearning.Models.Layers;

/// <summary>Activation between the linear layers of the mlp.</summary>
public enum Activation
{
    /// <summary><see cref="ReluLayer"/>.</summary>
    Relu,

    /// <summary><see cref="GeluLayer"/>.</summary>
    Gelu,

    /// <summary><see cref="TanhLayer"/>.</summary>
    Tanh,

    /// <summary>None: a stack of linear layers.</summary>
    None,
}

/// <summary>Extensions of <see cref="Activation"/>.</summary>
public static class ActivationExtensions
{
    /// <summary>The layer behind the linear layer of this number; <see langword="null"/> for none.</summary>
    internal static LayerDescription? Layer(this Activation activation, int number) => activation switch
    {
        Activation.Relu => new ReluLayer($"relu{number}"),
        Activation.Gelu => new GeluLayer($"gelu{number}"),
        Activation.Tanh => new TanhLayer($"tanh{number}"),
        _ => null,
    };

    /// <summary>The activation that <c>--activation</c> gave a model. Of presets other than the mlp, which it does not change, it only says whether they have a ReLU.</summary>
    public static Activation ActivationOf(this ModelDescription model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model switch
        {
            _ when model.Layers.Any(l => l is ReluLayer) => Activation.Relu,
            { Name: not ModelPresets.MlpName } => Activation.None,
            _ when model.Layers.Any(l => l is GeluLayer) => Activation.Gelu,
            _ when model.Layers.Any(l => l is TanhLayer) => Activation.Tanh,
            _ => Activation.None,
        };
    }
}
