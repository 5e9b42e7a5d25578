using System.Net;
using System.Security.Cryptography;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Where data sets are found, and that a download leaves right files or none.</summary>
public sealed class DatasetLocatorTests
{
    private static readonly (string Name, byte[] Content)[] Files =
    [
        ("train-images-idx3-ubyte.gz", IdxFiles.Gzip(IdxFiles.Images(12))),
        ("train-labels-idx1-ubyte.gz", IdxFiles.Gzip(IdxFiles.Labels(12))),
        ("t10k-images-idx3-ubyte.gz", IdxFiles.Gzip(IdxFiles.Images(5))),
        ("t10k-labels-idx1-ubyte.gz", IdxFiles.Gzip(IdxFiles.Labels(5))),
    ];

    private TempFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TempFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public async Task Folders_are_searched_in_order()
    {
        DatasetOptions options = Options(new FakeMirror());
        foreach (string place in (string[])["system", "cache", "second", "first"])
        {
            WriteAll($"{place}/tiny");
            Assert.That((await DatasetLocator.LocateAsync("tiny", options)).Directory, Is.EqualTo(folder[place, "tiny"]));
        }
    }

    [Test]
    public async Task A_known_set_without_test_files_does_not_count()
    {
        WriteAll("system/tiny");
        folder.Write("first/tiny/train-images-idx3-ubyte.gz", Files[0].Content);
        folder.Write("first/tiny/train-labels-idx1-ubyte.gz", Files[1].Content);
        DatasetFiles files = await DatasetLocator.LocateAsync("tiny", Options(new FakeMirror()));
        Assert.That(files.Directory, Is.EqualTo(folder["system", "tiny"]));
        Assert.That(files.ReadTest().Count, Is.EqualTo(5));
    }

    [Test]
    public async Task A_directory_of_ones_own_may_use_either_style_of_names_and_lack_test_files()
    {
        folder.Write("mine/train-images.idx3-ubyte", IdxFiles.Images(12));
        folder.Write("mine/train-labels.idx1-ubyte.gz", IdxFiles.Gzip(IdxFiles.Labels(12)));
        DatasetFiles files = await DatasetLocator.LocateAsync(folder["mine"] + "/", Options(new FakeMirror()));
        Assert.That(files.Info, Is.EqualTo(new DatasetInfo("mine", 0.5, 0.5, null)));
        Assert.That(files.ReadTrain().Count, Is.EqualTo(12));
        Assert.That(files.HasTest, Is.False);
        Assert.That(files.ReadTest, Throws.TypeOf<DataException>().With.Message.Contains("no test files"));
        Assert.That(DatasetLocator.InDirectory(folder["mine"]).Info, Is.EqualTo(files.Info));

        DatasetFiles nineClasses = files with { Info = files.Info with { ClassCount = 9 } };
        Assert.That(nineClasses.ReadTrain, Throws.TypeOf<DataException>().With.Message.Contains("label 9"));
    }

    [Test]
    public async Task What_is_not_there_is_named_with_what_to_do()
    {
        DatasetOptions options = Options(new FakeMirror()) with { AllowDownload = false };
        Assert.That(await FailureAsync("nonsuch", options), Is.EqualTo("nonsuch: no such directory (known data sets: tiny)"));
        Assert.That(await FailureAsync(folder.Path, options), Does.Contain("no train-images-idx3-ubyte"));
        string message = await FailureAsync("tiny", options);
        Assert.That(message, Does.Contain(folder["first", "tiny"]).And.Contain("apt-get install tiny").And.Contain(folder["cache", "tiny"]));
        Assert.That(message, Does.Not.Contain("\n"));
        Assert.That(() => DatasetLocator.InDirectory(folder["none"]), Throws.TypeOf<DataException>());
    }

    [Test]
    public async Task A_download_fills_the_cache_once()
    {
        var mirror = new FakeMirror();
        var log = new List<string>();
        DatasetFiles files = await DatasetLocator.LocateAsync("tiny", Options(mirror), new ListProgress(log));
        Assert.That(files.Directory, Is.EqualTo(folder["cache", "tiny"]));
        Assert.That(files.ReadTrain().Count, Is.EqualTo(12));
        Assert.That(mirror.Requests, Is.EqualTo(Files.Select(f => "http://one.test/data/" + f.Name)));
        Assert.That(log, Is.EqualTo(mirror.Requests.Select(r => "downloading " + r)));

        await DatasetLocator.LocateAsync("tiny", Options(mirror));
        Assert.That(mirror.Requests, Has.Count.EqualTo(4));
        Assert.That(Directory.GetFiles(folder["cache", "tiny"]), Has.Length.EqualTo(4));
    }

    [Test]
    public async Task The_second_mirror_serves_what_the_first_has_not()
    {
        var mirror = new FakeMirror { Respond = uri => uri.Host == "one.test" ? null : Content(uri) };
        Assert.That((await DatasetLocator.LocateAsync("tiny", Options(mirror))).ReadTest().Count, Is.EqualTo(5));
        Assert.That(mirror.Requests, Has.Count.EqualTo(8));
    }

    [Test]
    public async Task A_wrong_checksum_leaves_nothing_behind()
    {
        var mirror = new FakeMirror { Respond = uri => [.. Content(uri), 0] };
        Assert.That(await FailureAsync("tiny", Options(mirror)), Does.Contain("SHA-256").And.Contain("apt-get install tiny"));
        Assert.That(Directory.GetFileSystemEntries(folder["cache", "tiny"]), Is.Empty);
    }

    [Test]
    public async Task A_file_beyond_the_limit_leaves_nothing_behind()
    {
        DatasetOptions options = Options(new FakeMirror()) with { MaxDownloadBytes = 50 };
        Assert.That(await FailureAsync("tiny", options), Does.Contain("larger than 50 bytes"));
        Assert.That(Directory.GetFileSystemEntries(folder["cache", "tiny"]), Is.Empty);
    }

    [Test]
    public async Task A_mirror_that_never_answers_runs_into_the_time_limit()
    {
        DatasetOptions options = Options(new FakeMirror { Hangs = true }) with { DownloadTimeout = TimeSpan.FromMilliseconds(20) };
        Assert.That(await FailureAsync("tiny", options), Does.Contain("took longer"));
    }

    [Test]
    public async Task Cancelling_ends_a_download_and_leaves_nothing_behind()
    {
        using var cancellation = new CancellationTokenSource();
        var mirror = new FakeMirror { Hangs = true, OnRequest = cancellation.Cancel };
        await Assert.ThatAsync(
            () => DatasetLocator.LocateAsync("tiny", Options(mirror), cancellationToken: cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(mirror.Requests, Has.Count.EqualTo(1));
        Assert.That(Directory.GetFileSystemEntries(folder["cache", "tiny"]), Is.Empty);
    }

    [Test]
    public void The_catalog_names_four_files_and_a_hash_for_each_set_that_is_downloaded()
    {
        foreach (KnownDataset known in KnownDataset.All.Where(d => d.Mirrors.Count > 0))
        {
            Assert.That(known.Files.Select(f => f.Name), Is.EquivalentTo(Files.Select(f => f.Name)));
            Assert.That(known.Files.Select(f => f.Sha256), Is.Unique.And.All.Matches("^[0-9a-f]{64}$"));
            Assert.That(known.Mirrors.Select(m => m.ToString()), Is.Not.Empty.And.All.EndsWith("/"));
        }
    }

    [Test]
    public async Task The_real_fashion_mnist_reads()
    {
        if (!Directory.Exists("/usr/share/datasets/fashion-mnist"))
        {
            Assert.Ignore("Debian's package dataset-fashion-mnist is not installed");
        }

        DatasetOptions options = new() { CacheFolder = folder["cache"], AllowDownload = false };
        DatasetFiles files = await DatasetLocator.LocateAsync("fashion-mnist", options);
        SampleSet train = files.ReadTrain();
        SampleSet test = files.ReadTest();
        Assert.That((train.Count, $"{train}"), Is.EqualTo((60_000, "[1, 28, 28] uint8")));
        Assert.That((test.Count, $"{test}"), Is.EqualTo((10_000, "[1, 28, 28] uint8")));
        Assert.That(Enumerable.Range(0, 10).Select(c => train.Labels.Count(l => l == c)), Is.All.EqualTo(6000));

        // The catalog's constants are those of this very data.
        double[] histogram = new double[256];
        foreach (byte pixel in train.Values)
        {
            histogram[pixel]++;
        }

        double mean = histogram.Select((n, pixel) => n * pixel / 255).Sum() / train.Values.Length;
        double variance = histogram.Select((n, pixel) => n * Math.Pow((pixel / 255.0) - mean, 2)).Sum() / train.Values.Length;
        Assert.That(mean, Is.EqualTo(files.Info.Mean).Within(1e-4));
        Assert.That(Math.Sqrt(variance), Is.EqualTo(files.Info.Std).Within(1e-4));
    }

    private static byte[] Content(Uri uri) => Files.Single(f => f.Name == uri.Segments[^1]).Content;

    private void WriteAll(string place)
    {
        foreach ((string name, byte[] content) in Files)
        {
            folder.Write($"{place}/{name}", content);
        }
    }

    private DatasetOptions Options(FakeMirror mirror) => new()
    {
        Catalog =
        [
            new KnownDataset(
                new DatasetInfo("tiny", 0.1, 0.2, 10),
                [new Uri("http://one.test/data/"), new Uri("http://two.test/")],
                [.. Files.Select(f => new KnownFile(f.Name, Convert.ToHexStringLower(SHA256.HashData(f.Content))))],
                "apt-get install tiny"),
        ],
        SearchFolders = [folder["first"], folder["second"]],
        CacheFolder = folder["cache"],
        SystemFolder = folder["system"],
        HttpHandler = mirror,
    };

    private static async Task<string> FailureAsync(string name, DatasetOptions options) =>
        (await Assert.ThrowsAsync<DataException>(() => DatasetLocator.LocateAsync(name, options)))!.Message;

    private sealed class ListProgress(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }

    private sealed class FakeMirror : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        public Func<Uri, byte[]?> Respond { get; init; } = Content;

        public bool Hangs { get; init; }

        public Action? OnRequest { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request.RequestUri!.ToString());
            OnRequest?.Invoke();
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Respond(request.RequestUri) is { } content
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(content) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
        }
    }
}
