using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of the model: architecture, starting weights, cut.</summary>
internal sealed class ModelFlags : FlagSection
{
    private readonly Func<ParseResult, bool> _resumes;
    private readonly RunFlag<string> _model;
    private readonly RunFlag<Activation> _activation;
    private readonly RunFlag<string?> _init;
    private readonly RunFlag<bool> _partial;
    private readonly RunFlag<string> _cut;

    /// <summary>Declares the flags.</summary>
    /// <param name="resumes">Whether a command line resumes a run, whose starting weights may no longer exist.</param>
    public ModelFlags(Func<ParseResult, bool> resumes)
    {
        _resumes = resumes;
        _model = Add(new RunFlag<string>(
            Flag.Text(
                "--model",
                $"a [preset](models.md#presets) (`{string.Join(' ', ModelPresets.Names)}`), or the path of [your own](models.md#your-own) description",
                Default.Model.Name,
                "NAME|FILE"),
            o => o.Model.Name)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            IsFile = true,
            Identity = o => o.ModelFromFile ? DescriptionFile.IdentityOf(o.Model) : o.Model.Name,
            Json = o => JsonNode.Parse(o.Model.ToJson()),
        });
        _activation = Add(new RunFlag<Activation>(
            Flag.Choice(
                "--activation",
                "activations of the mlp; `none` is the stack of the Python reference",
                ("relu", Activation.Relu),
                ("gelu", Activation.Gelu),
                ("tanh", Activation.Tanh),
                ("none", Activation.None)),
            o => o.Model.ActivationOf())
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        _init = Add(new RunFlag<string?>(
            Flag.OptionalText(
                StartingWeights.Flag,
                "[weights to start from](../guide/trained-model.md#start-from-given-weights), a safetensors file with the model's names and shapes",
                without: "random ones, by `--seed`"),
            o => o.Start?.Path)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            IsFile = true,
            Identity = o => o.Start?.Identity,
        });
        _partial = Add(new RunFlag<bool>(
            Flag.Switch(StartingWeights.PartialFlag, $"take the tensors of `{StartingWeights.Flag}` that fit; the rest stays random"), o => o.Start?.Partial == true)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.Start is not null,
            IsOmittedAtDefault = true,
        });
        _cut = Add(new RunFlag<string>(
            Flag.Text(
                "--cut",
                "last layer on the nodes' side, by number from 1 or by name; `auto` [measures the fastest](training.md#the-fastest-cut)",
                "1",
                "N|NAME|auto"),
            o => o.Model.Layers[o.Cut - 1].Name)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<ElementType>(
            Flag.Choice("--dtype", "element type of parameters and data", ("float32", ElementType.Float32), ("float64", ElementType.Float64)),
            o => o.ElementType,
            (o, v) => o with { ElementType = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
    }

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        string name = _model.Get(result);
        bool fromFile = DescriptionFile.IsPath(name);
        bool sizedByData = string.Equals(name, ModelPresets.SizedByData, StringComparison.Ordinal);
        bool anyCut = string.Equals(_cut.Get(result), RunFlags.Auto, StringComparison.Ordinal);
        ModelDescription model = ErrorTable.ReadingFlags.Guard(() =>
            fromFile ? DescriptionFile.Read(name)
            : sizedByData ? ModelPresets.Tabular(features: 1, TableLimits.MaxCategories) // Of the size of the largest until it is known.
            : ModelPresets.Create(name, _activation.Get(result)));
        int cut = ErrorTable.ReadingFlags.Guard(() => anyCut ? model.Cuts.First() : model.ParseCut(_cut.Get(result)));
        RunOptions read = base.Read(options, result);
        RequireBatchFits(read.BatchSize, model, cut, read.ElementType);
        return read with { Model = model, ModelFromFile = fromFile, SizedByData = sizedByData, Cut = cut, AnyCut = anyCut, Start = ReadStart(result) };
    }

    private StartingWeights? ReadStart(ParseResult result)
    {
        bool partial = _partial.Get(result);
        if (_init.Get(result) is not { } file)
        {
            return partial ? throw new UserErrorException(ExitCode.Usage, $"{StartingWeights.PartialFlag} belongs to {StartingWeights.Flag} FILE") : null;
        }

        var weights = StartingWeights.Of(file, partial);
        return weights.Path is not null || _resumes(result)
            ? weights
            : throw new UserErrorException(ExitCode.Usage, $"{StartingWeights.Flag} takes a file; '{file}' is what a checkpoint says of one");
    }

    /// <summary>A batch's activations are one tensor of at most 2 GiB.</summary>
    private static void RequireBatchFits(int rows, ModelDescription model, int cut, ElementType type)
    {
        long perRow = model.RowBytesBehind(cut, type);
        if (rows > int.MaxValue / perRow)
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--batch_size {rows}: behind layer {model.Layers[cut - 1].Name} a row takes {perRow} bytes, so that a batch has at most {int.MaxValue / perRow} rows");
        }
    }
}
