using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes;

/// <summary>Everything that a node must know to compute its part: what <c>Welcome</c> says, validated.</summary>
/// <param name="Model">The model.</param>
/// <param name="Cut">Layers of <c>f_N</c>.</param>
/// <param name="ElementType">Of parameters, inputs and everything on the wire.</param>
/// <param name="Exchange">How many round trips a step has, and who computes what.</param>
/// <param name="Normalisation">How inputs are scaled.</param>
public sealed record TrainingSetup(
    ModelDescription Model, int Cut, ElementType ElementType, Exchange Exchange, Normalisation Normalisation)
{
    /// <summary>Whether nodes wait for their rows of <c>G</c>.</summary>
    public bool SendsActivationGradients => Exchange.Kind().SendsActivationGradients;

    /// <summary>What is minimised.</summary>
    public LossFunction Loss { get; init; } = LossFunction.Default;

    /// <summary>How images are changed before they are trained on.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>Where samples are rows of tables: how they are prepared.</summary>
    public Preparation? Preparation { get; init; }

    /// <summary>Columns and classes of the tables that samples are rows of; <see langword="null"/> where they are none.</summary>
    public (int Columns, int Classes)? Table => Preparation is { Image: null } p ? (p.Columns.Length, p.Classes.Length) : null;

    /// <summary>Elements of <c>θ_N</c>.</summary>
    public long FirstParameterCount => Model.ParametersBefore(Cut);

    /// <summary>Layers that a node computes.</summary>
    public int NodeLayerCount => Exchange.Kind().NodeLayerCount(Model, Cut);

    /// <summary>Elements of what a node gets of θ.</summary>
    public long NodeParameterCount => Model.ParametersBefore(NodeLayerCount);

    /// <summary>Reads what a <c>Welcome</c> says.</summary>
    /// <exception cref="ModelException">This version cannot do what it says.</exception>
    public static TrainingSetup From(Welcome welcome)
    {
        ModelDescription model = ModelDescription.Parse(welcome.Model);
        LossFunction loss = welcome.Loss is null ? LossFunction.Default : LossFunction.Parse(welcome.Loss);
        if (loss.Misfit(model) is { } misfit)
        {
            throw new ModelException($"the orchestrator's loss does not fit its model: {misfit}");
        }

        Augmentation augmentation = welcome.Augmentation is null ? Augmentation.None : Augmentation.FromJson(welcome.Augmentation);
        if (augmentation.Misfit(model) is { } other)
        {
            throw new ModelException($"the orchestrator's augmentation does not fit its model: {other}");
        }

        return new TrainingSetup(
            model,
            model.ParseCut(welcome.Cut.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            welcome.ElementType switch
            {
                "float32" => ElementType.Float32,
                "float64" => ElementType.Float64,
                _ => throw new ModelException($"the orchestrator trains in '{welcome.ElementType}', which this version cannot"),
            },
            ExchangeKind.Find(welcome.Exchange)?.Exchange
                ?? throw new ModelException($"the orchestrator uses the exchange '{welcome.Exchange}', which this version cannot"),
            double.IsFinite(welcome.Mean) && double.IsFinite(welcome.Std) && welcome.Std > 0
                ? new Normalisation(welcome.Mean, welcome.Std)
                : throw new ModelException("the orchestrator's mean or standard deviation is not usable"))
        {
            Preparation = welcome.Preparation is { } preparation ? ParsePreparation(preparation) : null,
            Loss = loss,
            Augmentation = augmentation,
        };
    }

    /// <summary>Says it in a <c>Welcome</c>.</summary>
    public Welcome ToWelcome(string session, TimeSpan heartbeatInterval, TimeSpan heartbeatTimeout) => new(
        session,
        Model.ToJson(),
        Cut,
        ElementType == ElementType.Float64 ? "float64" : "float32",
        Exchange.ToWord(),
        Normalisation.Mean,
        Normalisation.Std,
        heartbeatInterval,
        heartbeatTimeout,
        Preparation: Preparation?.ToJson())
    {
        Loss = Loss == LossFunction.Default ? null : Loss.ToJson(),
        Augmentation = Augmentation.IsNone ? null : Augmentation.ToJson(),
    };

    private static Preparation ParsePreparation(string json)
    {
        try
        {
            return Preparation.Parse(json);
        }
        catch (TableException e)
        {
            throw new ModelException($"the orchestrator's preparation is not usable: {e.Message}", e);
        }
    }
}
