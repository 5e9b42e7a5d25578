using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Scoring;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>A trained model loaded for inference; its file is self-contained.</summary>
internal sealed class TrainedModel : IDisposable
{
    private readonly ModelFileHeader _header;
    private readonly Device _device;
    private readonly LayeredModel _model;
    private readonly FlatParameters _parameters;

    private TrainedModel(ModelFileHeader header, Device device)
    {
        _header = header;
        _device = device;
        _model = new LayeredModel(header.Model, header.Model.Layers.Length);
        _parameters = new FlatParameters(_model, header.ElementType.ToScalarType(), device, gradientCount: 0);
    }

    /// <summary>Class names in the order of the outputs; <see langword="null"/> where classes have none.</summary>
    public IReadOnlyList<string>? ClassNames => _header.Preparation is { Target: null } preparation ? [.. preparation.Classes.Select(c => c.Name)] : null;

    /// <summary>The header of its file.</summary>
    public ModelFileHeader Header => _header;

    /// <summary>Loads the model of a run folder or of one of its checkpoints.</summary>
    /// <exception cref="UserErrorException">The model is missing or damaged.</exception>
    public static TrainedModel Load(string folder, Device device)
    {
        string path = Path.Combine(folder, ModelFile.FileName);
        if (!File.Exists(path))
        {
            throw new UserErrorException(
                ExitCode.Data,
                Directory.Exists(folder)
                    ? $"there is no {ModelFile.FileName} in '{folder}': name the folder of a run that has ended, or one of its checkpoints"
                    : $"there is no folder '{folder}': name that of a run, as its line 'results:' does");
        }

        return ErrorTable.ReadingModel.Guard(() => Read(path, device), e => $"{e.Message}; take another --model_dir, or train the model again");
    }

    /// <summary>Predicts samples.</summary>
    /// <param name="samples">At least one; without labels, the loss is meaningless.</param>
    /// <param name="dataset">Name of the data set, for messages.</param>
    /// <param name="batchSize">Rows per forward pass.</param>
    /// <param name="anyRange">Whether values may differ in magnitude from the training data.</param>
    /// <param name="warn">Called if a prediction is NaN or infinite.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="UserErrorException">The samples do not fit the model.</exception>
    public Scores Score(SampleSet samples, string dataset, int batchSize, bool anyRange, Action<string> warn, CancellationToken cancellationToken)
    {
        samples = RunContext.Prepare(samples, _header.Preparation, dataset);
        RunContext.RequireFit(_header.Model, _header.Loss, samples, dataset);
        if (_header.Samples is { } trained && SampleTraits.Of(samples).Difference($"'{dataset}'", trained, "the model's training", anyRange) is { } difference)
        {
            throw new UserErrorException(ExitCode.Data, difference);
        }

        using var tensors = new SampleTensors(samples, _header.Model.InputShape, _header.Normalisation, _header.ElementType.ToScalarType(), _device);
        var scores = Scores.Of(_model, _header.Loss, tensors, batchSize, _header.Preparation, cancellationToken);
        if (scores.NonFiniteRows > 0)
        {
            string largest = tensors.FindLargest() is { } value ? FormattableString.Invariant($"the largest is {value.Value:G4}, in sample {value.Sample}") : "see there";
            warn($"of {scores.NonFiniteRows} of {scores.Count} samples the model says NaN or infinity: their values may be too large ({largest}), or its training diverged");
        }

        return scores;
    }

    /// <summary>Its parameters and floating-point buffers.</summary>
    public IEnumerable<TrainedTensor> Tensors()
    {
        float[] values = Single(_parameters.Values);
        foreach (ParameterSlice slice in _parameters.Layout)
        {
            yield return new TrainedTensor(slice.Name, slice.Shape, values.AsSpan((int)slice.Offset, (int)slice.Count).ToArray());
        }

        foreach ((string name, Tensor buffer) in _parameters.Buffers.Where(b => b.Tensor.is_floating_point()))
        {
            yield return new TrainedTensor(name, buffer.shape, Single(buffer));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        _model.Dispose();
    }

    private static TrainedModel Read(string path, Device device)
    {
        var model = new TrainedModel(ModelFile.ReadHeader(path), device);
        try
        {
            ModelFile.Read(path, model._parameters);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static float[] Single(Tensor tensor)
    {
        using Tensor single = tensor.to(ScalarType.Float32);
        using var host = HostTensor.Of(single);
        return MemoryMarshal.Cast<byte, float>(host.Memory.Span).ToArray();
    }
}
