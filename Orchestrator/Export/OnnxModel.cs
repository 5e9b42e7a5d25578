using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Onnx;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Export;

/// <summary>A trained model as a float32 ONNX model: takes raw samples, returns probabilities or numbers.</summary>
internal sealed class OnnxModel
{
    /// <summary>The ONNX opset version.</summary>
    public const int Opset = 17;

    /// <summary>The operator domain of classic machine learning.</summary>
    public const string ClassicDomain = "ai.onnx.ml";

    private const int ClassicOpset = 3;

    private const string Logits = "logits";
    private const string Probabilities = "probabilities";
    private const string Values = "values";

    private readonly ModelProto _model;

    private OnnxModel(ModelProto model) => _model = model;

    /// <summary>The names of what goes in.</summary>
    public IReadOnlyList<string> Inputs => [.. _model.Graph.Input.Select(i => i.Name)];

    /// <summary>The names of what comes out.</summary>
    public IReadOnlyList<string> Outputs => [.. _model.Graph.Output.Select(o => o.Name)];

    /// <summary>Converts the model. The same trained model gives the same bytes.</summary>
    public static OnnxModel Of(TrainedModel trained)
    {
        ModelFileHeader header = trained.Header;
        var graph = new OnnxGraph(header.Model.Name, Logits, Probabilities, Values);
        string prepared = OnnxInputs.Add(graph, header);
        var layers = new OnnxLayers(graph, trained.Tensors().ToDictionary(t => t.Name, StringComparer.Ordinal));
        string outputs = layers.Add(header.Model.Layers, prepared, header.Model.InputShape);
        AddOutputs(graph, header, outputs);

        var model = new ModelProto
        {
            IrVersion = (long)Onnx.Version.IrVersion2021730,
            ProducerName = "TraversalLearning",
            ProducerVersion = ProductInfo.Version,
            Graph = graph.Graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = string.Empty, Version = Opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = ClassicDomain, Version = ClassicOpset });
        model.MetadataProps.Add(new StringStringEntryProto { Key = "loss", Value = header.Loss.ToJson() });
        if (header.Loss.Outputs != OutputMeaning.Numbers)
        {
            model.MetadataProps.Add(new StringStringEntryProto { Key = "classes", Value = JsonSerializer.Serialize(ClassNames(header)) });
        }

        return new OnnxModel(model);
    }

    /// <summary>Writes the file's bytes.</summary>
    public void WriteTo(Stream stream) => _model.WriteTo(stream);

    private static void AddOutputs(OnnxGraph graph, ModelFileHeader header, string outputs)
    {
        int count = header.Model.ClassCount;
        if (header.Loss.Outputs == OutputMeaning.Numbers)
        {
            graph.Output(Values, header.Preparation?.Target is { } target ? InOwnUnit(graph, target, outputs) : outputs, count);
            return;
        }

        graph.Output(Logits, outputs, count);
        string probabilities = (header.Loss.Outputs, count) switch
        {
            (OutputMeaning.Classes, _) => graph.Add("Softmax", Probabilities, [outputs], OnnxAttribute.Of("axis", 1)),
            (_, 1) => graph.Add("Sigmoid", Probabilities, [BothClasses(graph, outputs)]),
            _ => graph.Add("Sigmoid", Probabilities, [outputs]),
        };
        graph.Output(Probabilities, probabilities, CountClasses(header));
    }

    private static string InOwnUnit(OnnxGraph graph, NumberScaling target, string outputs)
    {
        string scaled = graph.Add("Mul", Values, [outputs, graph.Constant($"{Values}.std", [(float)target.Std])]);
        return graph.Add("Add", Values, [scaled, graph.Constant($"{Values}.mean", [(float)target.Mean])]);
    }

    /// <summary>Adds the logit of class 0 to that of class 1.</summary>
    private static string BothClasses(OnnxGraph graph, string outputs) =>
        graph.Add("Concat", Probabilities, [graph.Add("Neg", Probabilities, [outputs]), outputs], OnnxAttribute.Of("axis", 1));

    private static int CountClasses(ModelFileHeader header) =>
        header.Loss.Outputs == OutputMeaning.YesOrNo ? Math.Max(header.Model.ClassCount, 2) : header.Model.ClassCount;

    private static IEnumerable<string> ClassNames(ModelFileHeader header) => header.Preparation is { } preparation
        ? preparation.Classes.Select(c => c.Name)
        : Enumerable.Range(0, CountClasses(header)).Select(c => c.ToString(CultureInfo.InvariantCulture));
}
