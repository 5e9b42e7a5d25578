using Onnx;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Export;

/// <summary>
/// The inputs of the ONNX model and their preparation in the graph, equivalent to <see cref="PreparedRows"/> and
/// <see cref="SampleTensors"/>.
/// </summary>
internal static class OnnxInputs
{
    /// <summary>Adds inputs and their preparation.</summary>
    /// <returns>The input value of the model's first layer.</returns>
    public static string Add(OnnxGraph graph, ModelFileHeader header)
    {
        long[] shape = header.Model.InputShape;
        return header switch
        {
            { Preparation: { Image: null } preparation } => Table(graph, preparation, shape),
            { Model.Vocabulary: { } words } => Tokens(graph, words, shape),
            { Samples.Element: SampleElement.Float32 or SampleElement.Float64 } => graph.Input("numbers", TensorProto.Types.DataType.Float, shape),
            _ => Pixels(graph, header.Normalisation, shape),
        };
    }

    private static string Pixels(OnnxGraph graph, Normalisation normalisation, long[] shape)
    {
        string pixels = Cast(graph, graph.Input("pixels", TensorProto.Types.DataType.Uint8, shape), TensorProto.Types.DataType.Float);
        string unit = graph.Add("Div", "pixels", [pixels, graph.Constant("pixels.white", [255f])]);
        string centred = graph.Add("Sub", "pixels", [unit, graph.Constant("pixels.mean", [(float)normalisation.Mean])]);
        return graph.Add("Div", "pixels", [centred, graph.Constant("pixels.std", [(float)normalisation.Std])]);
    }

    // Gather counts negative indices from the end; shifted past the end, they are errors like other invalid tokens.
    private static string Tokens(OnnxGraph graph, long words, long[] shape)
    {
        string tokens = graph.Input("tokens", TensorProto.Types.DataType.Int64, shape);
        string negative = graph.Add("Less", "tokens", [tokens, graph.Constant("tokens.first", [0L])]);
        return graph.Add("Where", "tokens", [negative, graph.Constant("tokens.count", [words]), tokens]);
    }

    private static string Table(OnnxGraph graph, Preparation preparation, long[] shape)
    {
        // A category without values in the training data has no elements.
        PreparedColumn[] columns = [.. preparation.Columns.Where(c => c.Width > 0)];

        // Inputs come first, so that they keep their columns' names whatever intermediate values are called.
        string[] inputs = Array.ConvertAll(columns, c => graph.Input(
            c.Name, c.Kind == ColumnKind.Number ? TensorProto.Types.DataType.Double : TensorProto.Types.DataType.String, 1));
        string[] features = [.. columns.Zip(inputs, (column, input) => column.Number is { } scaling ? Number(graph, scaling, input) : Category(graph, column.Category!, input))];
        string row = graph.Add("Concat", "row", features, OnnxAttribute.Of("axis", 1));
        return shape.Length == 1 ? row : graph.Add("Reshape", "row", [row, graph.Constant("row.shape", [-1, .. shape], shape.Length + 1)]);
    }

    private static string Number(OnnxGraph graph, NumberScaling scaling, string input)
    {
        string missing = graph.Add("IsNaN", input, [input]);
        string centred = graph.Add("Sub", input, [input, graph.Constant($"{input}.mean", [scaling.Mean])]);
        string scaled = graph.Add("Div", input, [centred, graph.Constant($"{input}.std", [scaling.Std])]);
        string known = graph.Add("Where", input, [missing, graph.Constant($"{input}.missing", [0.0]), scaled]);
        return Cast(graph, known, TensorProto.Types.DataType.Float);
    }

    private static string Category(OnnxGraph graph, CategoryCoding coding, string input)
    {
        // No name is empty, so the empty string stands for a missing value.
        string[] keys = [.. coding.Names, .. coding.PlaceOfMissing >= 0 ? [string.Empty] : (string[])[]];
        long[] values = [.. Enumerable.Range(0, coding.Names.Length).Select(p => (long)p), .. coding.PlaceOfMissing >= 0 ? [coding.PlaceOfMissing] : (long[])[]];
        long[] places = [.. Enumerable.Range(0, coding.Width).Select(p => (long)p)];
        string place = graph.AddClassic(
            "LabelEncoder", input, input, OnnxAttribute.Of("keys_strings", keys), OnnxAttribute.Of("values_int64s", values), OnnxAttribute.Of("default_int64", coding.PlaceOfOther));
        string hit = graph.Add("Equal", input, [place, graph.Constant($"{input}.places", places, places.Length)]);
        return Cast(graph, hit, TensorProto.Types.DataType.Float);
    }

    private static string Cast(OnnxGraph graph, string value, TensorProto.Types.DataType type) => graph.Add("Cast", value, [value], OnnxAttribute.Of("to", (long)type));
}
