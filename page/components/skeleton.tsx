/** The outlines of the page while it is not known what is here. */
export const Skeleton = () => (
  <main class="alone" aria-busy="true">
    <h1 class="unseen">Pictures</h1>
    <p class="unseen" role="status">
      Opening the pictures
    </p>
    <div class="skeleton-box" />
    <SkeletonWall />
  </main>
);

/** Empty tiles. */
export const SkeletonWall = () => (
  <div class="skeleton-wall" aria-hidden="true">
    {Array.from({ length: 24 }, (_, i) => (
      <div key={i} />
    ))}
  </div>
);
