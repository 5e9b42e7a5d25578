using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>A small data set on disk, as <c>--dataset DIR</c> takes it: 28×28 images of ten classes.</summary>
internal static class IdxData
{
    /// <summary>Writes training and test files into a folder of that name.</summary>
    public static string WriteDataset(this TempFolder folder, string name = "data", int train = 150, int test = 40)
    {
        Write(folder, name, "train", TrainImages(train));
        Write(folder, name, "t10k", Synthetic.Images(test, side: 28, seed: 8));
        return folder[name];
    }

    /// <summary>The training images that <see cref="WriteDataset"/> writes.</summary>
    public static SampleSet TrainImages(int count = 150) => Synthetic.Images(count, side: 28);

    private static void Write(TempFolder folder, string name, string part, SampleSet images)
    {
        folder.Write($"{name}/{part}-images-idx3-ubyte", IdxFiles.ImagesOf(images));
        folder.Write($"{name}/{part}-labels-idx1-ubyte", IdxFiles.LabelsOf(images));
    }
}
