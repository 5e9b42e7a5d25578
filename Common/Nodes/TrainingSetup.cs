using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes;

/// <summary>The settings that a node needs for its computations: the contents of a <c>Welcome</c>, validated.</summary>
/// <param name="Model">The model.</param>
/// <param name="Cut">Number of layers of <c>f_N</c>.</param>
/// <param name="ElementType">Element type of parameters, inputs and all tensors on the wire except indices.</param>
/// <param name="Exchange">The exchange: round trips of a step, and which side computes what.</param>
/// <param name="Normalisation">How inputs are scaled.</param>
public sealed record TrainingSetup(
    ModelDescription Model, int Cut, ElementType ElementType, Exchange Exchange, Normalisation Normalisation)
{
    /// <summary>Whether nodes wait for their rows of <c>G</c>.</summary>
    public bool SendsActivationGradients => Exchange.Kind().SendsActivationGradients;

    /// <summary>The loss to minimise.</summary>
    public LossFunction Loss { get; init; } = LossFunction.Default;

    /// <summary>How images are augmented for training.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How table rows are prepared; <see langword="null"/> if the samples are not rows of tables.</summary>
    public Preparation? Preparation { get; init; }

    /// <summary>What the orchestrator says of the run beyond the model; <see langword="null"/> if it says nothing.</summary>
    public RunTerms? Terms { get; init; }

    /// <summary>Number of columns and classes of the tables; <see langword="null"/> if the samples are not rows of tables.</summary>
    public (int Columns, int Classes)? Table => Preparation is { Image: null } p ? (p.Columns.Length, p.Classes.Length) : null;

    /// <summary>Number of elements of <c>θ_N</c>.</summary>
    public long FirstParameterCount => Model.ParametersBefore(Cut);

    /// <summary>Number of layers that a node computes.</summary>
    public int NodeLayerCount => Exchange.Kind().NodeLayerCount(Model, Cut);

    /// <summary>Number of elements of the node's part of θ.</summary>
    public long NodeParameterCount => Model.ParametersBefore(NodeLayerCount);

    /// <summary>Reads and validates a <c>Welcome</c>.</summary>
    /// <exception cref="ModelException">This version does not support the settings.</exception>
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
            Terms = welcome.Run is null ? null : ParseTerms(welcome.Run),
        };
    }

    /// <summary>Writes the settings to a <c>Welcome</c>.</summary>
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
        Run = Terms?.ToJson(),
    };

    private static RunTerms ParseTerms(string json)
    {
        try
        {
            return RunTerms.Parse(json);
        }
        catch (FormatException e)
        {
            throw new ModelException(e.Message, e);
        }
    }

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
