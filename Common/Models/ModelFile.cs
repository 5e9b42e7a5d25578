using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>The metadata of a model file: everything needed for inference besides the parameters.</summary>
/// <param name="Model">The model's description.</param>
/// <param name="ElementType">Element type of the parameters.</param>
/// <param name="Normalisation">How inputs were scaled.</param>
/// <param name="Preparation">How table rows were prepared; <see langword="null"/> if the samples were not rows of tables.</param>
public sealed record ModelFileHeader(ModelDescription Model, ElementType ElementType, Normalisation Normalisation, Preparation? Preparation = null)
{
    /// <summary>The loss that was minimised; it determines the meaning of the outputs.</summary>
    public LossFunction Loss { get; init; } = LossFunction.Default;

    /// <summary>Traits of the training samples, if not rows of tables; inference rejects other samples.</summary>
    public SampleTraits? Samples { get; init; }
}

/// <summary>θ and the model's buffers as a safetensors file under PyTorch's state-dict names, with the model's description in the metadata.</summary>
public static class ModelFile
{
    /// <summary>The file name in a run folder and in a checkpoint.</summary>
    public const string FileName = "model.safetensors";

    private const string ModelKey = "model";
    private const string NormalisationKey = "normalisation";
    private const string PreparationKey = "preparation";
    private const string LossKey = "loss";
    private const string SamplesKey = "samples";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Writes θ and the buffers, atomically replacing an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parameters">θ and the buffers.</param>
    /// <param name="header">The metadata. <see cref="LossFunction.Default"/> is not written.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, FlatParameters parameters, ModelFileHeader header)
    {
        parameters.ValuesToHost();
        string dtype = DtypeOf(parameters.HostGradient.Type);
        var tensors = new List<SafetensorsTensor>(parameters.Layout.Select(p => new SafetensorsTensor(p.Name, dtype, p.Shape, BytesOf(parameters, p))));
        var hosts = new List<IDisposable>();
        try
        {
            using DisposeScope scope = NewDisposeScope();
            foreach ((string name, Tensor buffer) in parameters.Buffers)
            {
                var host = HostTensor.Of(buffer);
                hosts.Add(host);
                tensors.Add(new SafetensorsTensor(name, DtypeOf(buffer.dtype), host.Shape, host.Memory));
            }

            var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["format"] = "pt",
                [ModelKey] = header.Model.ToJson(),
                [NormalisationKey] = JsonSerializer.Serialize(new Scaling(header.Normalisation.Mean, header.Normalisation.Std), Json),
            };
            if (header.Preparation is not null)
            {
                metadata[PreparationKey] = header.Preparation.ToJson();
            }

            if (header.Loss != LossFunction.Default)
            {
                metadata[LossKey] = header.Loss.ToJson();
            }

            if (header.Samples is { } samples)
            {
                metadata[SamplesKey] = JsonSerializer.Serialize(new Traits(samples.Element.Word(), samples.Shape, samples.Range?.Least, samples.Range?.Largest), Json);
            }

            SafetensorsWriter.Write(path, tensors, metadata);
        }
        finally
        {
            hosts.ForEach(h => h.Dispose());
        }
    }

    /// <summary>Reads a file's metadata and checks that the file can hold the model's parameters.</summary>
    /// <exception cref="SafetensorsException">The file is damaged or was not written by <see cref="Write"/>.</exception>
    public static ModelFileHeader ReadHeader(string path)
    {
        using SafetensorsReader file = SafetensorsReader.Open(path);
        try
        {
            var model = ModelDescription.Parse(Require(ModelKey));
            if (JsonSerializer.Deserialize<Scaling>(Require(NormalisationKey), Json) is not { } scaling
                || !double.IsFinite(scaling.Mean)
                || !double.IsFinite(scaling.Std)
                || scaling.Std <= 0)
            {
                throw new SafetensorsException(path, "has a normalisation that makes no sense");
            }

            Preparation? preparation = file.Metadata.TryGetValue(PreparationKey, out string? prepared) ? Preparation.Parse(prepared) : null;
            LossFunction loss = file.Metadata.TryGetValue(LossKey, out string? text) ? LossFunction.Parse(text) : LossFunction.Default;
            if (loss.Misfit(model) is { } misfit)
            {
                throw new SafetensorsException(path, misfit);
            }

            ElementType type = file.Tensors.Any(t => t.Dtype == DtypeOf(ElementType.Float64)) ? ElementType.Float64 : ElementType.Float32;
            return file.Tensors.Sum(t => t.Length) >= model.ParameterCount * type.Size()
                ? new ModelFileHeader(model, type, new Normalisation(scaling.Mean, scaling.Std), preparation)
                {
                    Loss = loss,
                    Samples = file.Metadata.TryGetValue(SamplesKey, out string? samples) ? ParseTraits(path, samples) : null,
                }
                : throw new SafetensorsException(path, $"does not hold the {model.ParameterCount} parameters of its model '{model.Name}'");
        }
        catch (Exception e) when (e is ModelException or JsonException or TableException)
        {
            throw new SafetensorsException(path, e.Message.ReplaceLineEndings(" "), e);
        }

        string Require(string key) => file.Metadata.TryGetValue(key, out string? text)
            ? text
            : throw new SafetensorsException(path, $"has no '{key}' in its metadata: it was not written by this version of the program");
    }

    /// <summary>How table rows were prepared for a file's model; <see langword="null"/> if they were not, or another program wrote the file.</summary>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    public static Preparation? ReadPreparation(string path)
    {
        using SafetensorsReader file = SafetensorsReader.Open(path);
        try
        {
            return file.Metadata.TryGetValue(PreparationKey, out string? text) ? Preparation.Parse(text) : null;
        }
        catch (TableException e)
        {
            throw new SafetensorsException(path, e.Message.ReplaceLineEndings(" "), e);
        }
    }

    /// <summary>Reads θ and the buffers of the same model from a file written by <see cref="Write"/>.</summary>
    /// <exception cref="SafetensorsException">The file is damaged, or of another model; θ and the buffers may be partly overwritten.</exception>
    public static void Read(string path, FlatParameters parameters)
    {
        string dtype = DtypeOf(parameters.HostGradient.Type);
        using SafetensorsReader file = SafetensorsReader.Open(path);
        int expected = parameters.Layout.Count + parameters.Buffers.Count;
        if (file.Tensors.Count != expected)
        {
            throw new SafetensorsException(path, $"has {file.Tensors.Count} tensors, the model {expected}");
        }

        foreach (ParameterSlice slice in parameters.Layout)
        {
            SafetensorsEntry entry = file.Require(slice.Name, dtype, slice.Shape);
            file.Read(entry, BytesOf(parameters, slice).Span);
        }

        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor buffer) in parameters.Buffers)
        {
            Tensor host = empty(buffer.shape, dtype: buffer.dtype, device: CPU);
            file.Read(file.Require(name, DtypeOf(buffer.dtype), buffer.shape), host.bytes);
            buffer.copy_(host);
        }

        parameters.ValuesFromHost();
    }

    /// <summary>The safetensors name of an element type.</summary>
    public static string DtypeOf(ElementType type) => type == ElementType.Float64 ? "F64" : "F32";

    /// <summary>The safetensors name of a TorchSharp type.</summary>
    public static string DtypeOf(ScalarType type) => type == ScalarType.Int64 ? "I64" : DtypeOf(type.ToElementType());

    private static SampleTraits ParseTraits(string path, string json) =>
        JsonSerializer.Deserialize<Traits>(json, Json) is { Shape: { } shape } traits && SampleElementExtensions.Parse(traits.Type) is { } element && SampleShape.Size(shape) > 0
            ? new SampleTraits(element, shape) { Range = traits is { Least: { } least, Largest: { } largest } ? (least, largest) : null }
            : throw new SafetensorsException(path, "says of the samples that it was trained on what makes no sense");

    private static Memory<byte> BytesOf(FlatParameters parameters, ParameterSlice slice)
    {
        int size = parameters.HostGradient.Type.Size();
        return parameters.ValueBytes.Slice((int)slice.Offset * size, (int)slice.Count * size);
    }

    // A class: for a struct, the serializer would read missing values as zero.
    private sealed record Scaling(double Mean, double Std);

    private sealed record Traits(string Type, long[] Shape, double? Least, double? Largest);
}
