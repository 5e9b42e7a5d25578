
namespace TraversalLearning.Data.Datasets;

/// <summary>What is to be known of a data set besides its samples.</summary>
/// <param name="Name">Its name, or the directory's.</param>
/// <param name="Mean">Mean of the training pixels, scaled to 0 to 1: inputs are <c>(pixel / 255 - Mean) / Std</c>. Only images are scaled.</param>
/// <param name="Std">Standard deviation of the same.</param>
/// <param name="ClassCount">The number of classes; null where nobody said (see <see cref="SampleSet.ClassesSeen"/>).</param>
public sealed record DatasetInfo(string Name, double Mean, double Std, int? ClassCount);
