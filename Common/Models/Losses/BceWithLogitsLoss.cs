using System.Text.Json.Serialization;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Losses;

/// <summary>
/// <c>torch.nn.functional.binary_cross_entropy_with_logits</c>. A model with one output tells two classes apart, its output being the logit of class 1.
/// One with <c>C</c> outputs asks of each class whether it is the label's, apart from the others. A row's loss is the mean over its outputs, so that
/// the mean of a batch is PyTorch's.
/// </summary>
/// <param name="ClassWeights">How much the rows of each class weigh, two for one output; <see langword="null"/> for the same.</param>
public sealed record BceWithLogitsLoss([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double[]? ClassWeights = null) : LossFunction
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override OutputMeaning Outputs => OutputMeaning.YesOrNo;

    /// <inheritdoc/>
    public override Tensor Sum(Tensor outputs, Tensor labels)
    {
        long width = outputs.shape[1];
        Tensor column = labels.view(-1, 1);
        Tensor targets = width == 1 ? column : column.eq(arange(width, dtype: ScalarType.Int64, device: outputs.device));
        Tensor? weights = ClassWeighting.Of(ClassWeights, outputs)?.index_select(0, labels).view(-1, 1);
        Tensor sum = F.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype), weights, nn.Reduction.Sum);
        return width == 1 ? sum : sum.div(width);
    }

    /// <inheritdoc/>
    public override int Hits(Tensor outputs, Tensor labels) =>
        (outputs.shape[1] == 1 ? outputs.gt(0).view(-1).to(ScalarType.Int64) : outputs.argmax(1)).eq(labels).sum().ToInt32();

    /// <inheritdoc/>
    public override int? ClassesOf(ModelDescription model) => Math.Max(model.ClassCount, 2);

    /// <inheritdoc/>
    public override string? Misfit(ModelDescription model) => ClassWeighting.Misfit(ClassWeights, Math.Max(model.ClassCount, 2));
}
